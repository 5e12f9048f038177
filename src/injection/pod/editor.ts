import { itemsAt, sameJson, textAt } from '../../kubernetes/record.ts';
import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { type Container, cleanPath, type EnvVar, type Pod, type Volume, type VolumeMount } from './pod.ts';

export function directoryOf({ mountPath }: VolumeMount): string {
  return cleanPath(mountPath);
}

/** A list whose elements are found by a key, and replaced in place or appended. The first change makes a copy. */
class KeyedList<T> {
  readonly #given: readonly T[];
  #copy: T[] | undefined;
  readonly #keyOf: (item: T) => string;
  readonly #indices = new Map<string, number>();

  constructor(items: readonly T[], keyOf: (item: T) => string) {
    this.#given = items;
    this.#keyOf = keyOf;
    for (const [index, item] of items.entries()) {
      const key = keyOf(item);
      if (!this.#indices.has(key)) this.#indices.set(key, index);
    }
  }

  get items(): readonly T[] {
    return this.#copy ?? this.#given;
  }

  /** The list with its changes, undefined when there are none. */
  get changed(): T[] | undefined {
    return this.#copy;
  }

  get(key: string): T | undefined {
    const index = this.#indices.get(key);
    return index === undefined ? undefined : this.items[index];
  }

  put(item: T): void {
    const key = this.#keyOf(item);
    const index = this.#indices.get(key) ?? this.items.length;
    if (sameJson(this.items[index], item)) return;
    this.#indices.set(key, index);
    this.#copy ??= [...this.#given];
    this.#copy[index] = item;
  }
}

/** Where a volume is used: a directory of the edited container, or undefined for any other container or a device. */
export type VolumeUse = string | undefined;

function namesIn(container: unknown, list: 'volumeMounts' | 'volumeDevices'): string[] {
  return itemsAt(container, list).flatMap(([, use]) => textAt(use, 'name') ?? []);
}

/** All uses of the volumes of a Pod by name, those of init and ephemeral containers included. */
function volumeUses({ spec }: Pod, edited: Container) {
  const lists = ['containers', 'initContainers', 'ephemeralContainers'];
  const elsewhere = lists.flatMap((list) =>
    itemsAt(spec, list).flatMap(([, container]) => [
      ...(container === edited ? [] : namesIn(container, 'volumeMounts')),
      ...namesIn(container, 'volumeDevices'),
    ]),
  );
  const uses: { readonly name: string; readonly use: VolumeUse }[] = [
    ...elsewhere.map((name) => ({ name, use: undefined })),
    ...(edited.volumeMounts ?? []).map((mount) => ({ name: mount.name, use: directoryOf(mount) })),
  ];
  return Map.groupBy(uses, ({ name }) => name);
}

/** Variables by name: all items that the name shall have, in order. */
export type WantedVariables = ReadonlyMap<string, readonly EnvVar[]>;

/** A variable from a Secret; with `optional` the container starts without it. */
export function secretVariable(name: string, { name: secret, key }: SecretKeyRef, optional: boolean): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key, ...(optional && { optional }) } } };
}

/** A variable that may be unset; the same object when it does not come from a Secret or is optional already. */
function optional(item: EnvVar): EnvVar {
  const ref = item.valueFrom?.secretKeyRef;
  if (!ref || ref.optional === true) return item;
  return { ...item, valueFrom: { ...item.valueFrom, secretKeyRef: { ...ref, optional: true } } };
}

/**
 * Edits one container of a Pod, and the volumes and annotations of the Pod. Everything that no edit changes stays the same
 * object, so that the patch is small and an edit that changes nothing gives no patch.
 */
export class PodEditor {
  readonly #pod: Pod;
  readonly #container: Container;
  readonly #uses: ReturnType<typeof volumeUses>;
  readonly #volumes: KeyedList<Volume>;
  readonly #mounts: KeyedList<VolumeMount>;
  /** Undefined until the first change. */
  #env: EnvVar[] | undefined;
  #annotations: Record<string, string> | undefined;

  /** @param container one of `pod.spec.containers` */
  constructor(pod: Pod, container: Container) {
    this.#pod = pod;
    this.#container = container;
    this.#uses = volumeUses(pod, container);
    this.#volumes = new KeyedList(pod.spec.volumes ?? [], ({ name }) => name);
    this.#mounts = new KeyedList(container.volumeMounts ?? [], directoryOf);
  }

  /** The variables of the container, in order. */
  get env(): readonly EnvVar[] {
    return this.#env ?? this.#container.env ?? [];
  }

  get annotations(): Readonly<Record<string, string>> {
    return this.#annotations ?? this.#pod.metadata?.annotations ?? {};
  }

  get volumes(): readonly Volume[] {
    return this.#volumes.items;
  }

  volume(name: string): Volume | undefined {
    return this.#volumes.get(name);
  }

  get mounts(): readonly VolumeMount[] {
    return this.#mounts.items;
  }

  /** How the given Pod uses a volume, before any edit. */
  usesOf(volume: string): readonly VolumeUse[] {
    return (this.#uses.get(volume) ?? []).map(({ use }) => use);
  }

  /** The mount of the container at exactly this directory. */
  mountAt(directory: string): VolumeMount | undefined {
    return this.#mounts.get(directory);
  }

  /** Puts a volume in the place of the one of its name, or at the end. */
  putVolume(volume: Volume): void {
    this.#volumes.put(volume);
  }

  /** Puts a mount in the place of the one at its directory, or at the end. */
  putMount(mount: VolumeMount): void {
    this.#mounts.put(mount);
  }

  /**
   * Gives each wanted name exactly the wanted items: in the place of the first one of that name, else at the end, in order.
   * Others of that name go, since the kubelet falls back to an earlier one when an optional Secret is missing.
   */
  setVariables(wanted: WantedVariables): void {
    const present = Map.groupBy(this.env, ({ name }) => name);
    const changes = new Map([...wanted].filter(([name, items]) => !sameJson(present.get(name) ?? [], items)));
    if (changes.size === 0) return;
    const placed = new Set<string>();
    const inPlace = this.env.flatMap((item) => {
      const items = changes.get(item.name);
      if (!items) return [item];
      const first = !placed.has(item.name);
      placed.add(item.name);
      return first ? items : [];
    });
    const appended = [...changes].flatMap(([name, items]) => (placed.has(name) ? [] : items));
    this.#env = [...inPlace, ...appended];
  }

  removeVariables(goes: (name: string) => boolean): void {
    if (this.env.some(({ name }) => goes(name))) this.#env = this.env.filter(({ name }) => !goes(name));
  }

  /** Makes variables that come from Secrets optional: the container starts without them. */
  makeOptional(isOptional: (name: string) => boolean): void {
    const changed = this.env.map((item) => (isOptional(item.name) ? optional(item) : item));
    if (changed.some((item, index) => item !== this.env[index])) this.#env = changed;
  }

  annotate(annotations: Readonly<Record<string, string>>): void {
    const same = Object.entries(annotations).every(([key, value]) => this.annotations[key] === value);
    if (!same) this.#annotations = { ...this.annotations, ...annotations };
  }

  /** The container with all edits so far; the given object when they changed nothing. */
  get container(): Container {
    const env = this.#env && { env: this.#env };
    const volumeMounts = this.#mounts.changed && { volumeMounts: this.#mounts.changed };
    return env || volumeMounts ? { ...this.#container, ...env, ...volumeMounts } : this.#container;
  }

  /** The Pod with all edits so far; the given object when they changed nothing. */
  get pod(): Pod {
    const { container } = this;
    const { metadata, spec } = this.#pod;
    const volumes = this.#volumes.changed && { volumes: this.#volumes.changed };
    const edited = container !== this.#container;
    if (!this.#annotations && !volumes && !edited) return this.#pod;
    const containers = spec.containers.map((each) => (each === this.#container ? container : each));
    return {
      ...this.#pod,
      ...(this.#annotations && { metadata: { ...metadata, annotations: this.#annotations } }),
      ...((volumes || edited) && { spec: { ...spec, containers, ...volumes } }),
    };
  }
}
