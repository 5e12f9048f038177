import { itemsAt, sameJson, textAt } from '../../kubernetes/record.ts';
import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { type Container, cleanPath, type EnvVar, type Pod, type Volume, type VolumeMount } from './pod.ts';

export function directoryOf({ mountPath }: VolumeMount): string {
  return cleanPath(mountPath);
}

/** A list whose elements are found by a key, and replaced in place or appended. The first change makes a copy. */
class KeyedList<T> {
  readonly #given: readonly T[];
  readonly #keyOf: (item: T) => string;
  /** Of several elements with one key the first one is found. */
  readonly #indices: Map<string, number>;
  #copy: T[] | undefined;

  constructor(given: readonly T[], keyOf: (item: T) => string) {
    this.#given = given;
    this.#keyOf = keyOf;
    this.#indices = new Map(given.map((item, index) => [keyOf(item), index] as const).reverse());
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

  /** Puts an element in the place of the one with its key, or at the end. */
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

/** The lists of containers in a Pod. */
const CONTAINERS = ['initContainers', 'ephemeralContainers', 'containers'];

/** All uses of the volumes of a Pod by name, those of init and ephemeral containers included. */
function volumeUses({ spec }: Pod, edited: Container): ReadonlyMap<string, readonly VolumeUse[]> {
  const uses = new Map<string, VolumeUse[]>();
  const add = (volume = '', use: VolumeUse) => {
    const known = uses.get(volume);
    if (known) known.push(use);
    else uses.set(volume, [use]);
  };
  for (const [, container] of CONTAINERS.flatMap((list) => itemsAt(spec, list))) {
    for (const [, device] of itemsAt(container, 'volumeDevices')) add(textAt(device, 'name'), undefined);
    if (container === edited) continue;
    for (const [, mount] of itemsAt(container, 'volumeMounts')) add(textAt(mount, 'name'), undefined);
  }
  for (const mount of edited.volumeMounts ?? []) add(mount.name, directoryOf(mount));
  return uses;
}

/** Variables by name: all items that the name shall have, in order. */
export type WantedVariables = ReadonlyMap<string, readonly EnvVar[]>;

/** A variable from a Secret; with `optional` the container starts without it. */
export function secretVariable(name: string, { name: secret, key }: SecretKeyRef, optional: boolean): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key, ...(optional && { optional }) } } };
}

/** A variable that may be unset; the same object when it does not come from a Secret or is optional already. */
export function optionalVariable(item: EnvVar): EnvVar {
  const ref = item.valueFrom?.secretKeyRef;
  if (!ref || ref.optional === true) return item;
  return { ...item, valueFrom: { ...item.valueFrom, secretKeyRef: { ...ref, optional: true } } };
}

/** The object with these parts; the same object when it has them all. A part that is undefined does not count. */
function withParts<T extends object>(object: T, parts: Partial<T>): T {
  let result = object;
  for (const [key, part] of Object.entries(parts))
    if (part !== undefined && part !== object[key as keyof T]) result = { ...result, [key]: part };
  return result;
}

/**
 * Edits one container of a Pod, and the volumes and annotations of the Pod. Everything that no edit changes stays the same
 * object, so that the patch is small and an edit that changes nothing gives no patch.
 */
export class PodEditor {
  readonly #pod: Pod;
  readonly #container: Container;
  readonly #uses: ReadonlyMap<string, readonly VolumeUse[]>;
  /** Undefined until the first change. */
  #env: EnvVar[] | undefined;
  #annotations: Record<string, string> | undefined;
  /** The volumes of the Pod by name. */
  readonly volumes: KeyedList<Volume>;
  /** The mounts of the container by {@link directoryOf}. */
  readonly mounts: KeyedList<VolumeMount>;

  /** @param container one of `pod.spec.containers` */
  constructor(pod: Pod, container: Container) {
    this.#pod = pod;
    this.#container = container;
    this.#uses = volumeUses(pod, container);
    this.volumes = new KeyedList(pod.spec.volumes ?? [], ({ name }) => name);
    this.mounts = new KeyedList(container.volumeMounts ?? [], directoryOf);
  }

  /** The variables of the container, in order. */
  get env(): readonly EnvVar[] {
    return this.#env ?? this.#container.env ?? [];
  }

  get annotations(): Readonly<Record<string, string>> {
    return this.#annotations ?? this.#pod.metadata?.annotations ?? {};
  }

  /** How the given Pod uses a volume, before any edit. */
  usesOf(volume: string): readonly VolumeUse[] {
    return this.#uses.get(volume) ?? [];
  }

  /** Puts what `edit` returns in the place of each variable; undefined removes it. */
  mapVariables(edit: (item: EnvVar) => EnvVar | undefined): void {
    const { env } = this;
    const edited = env.flatMap((item) => edit(item) ?? []);
    if (edited.length < env.length || edited.some((item, index) => item !== env[index])) this.#env = edited;
  }

  /**
   * Gives each wanted name exactly the wanted items: in the place of the first one of that name, else at the end, in order.
   * Others of that name go, since the kubelet falls back to an earlier one when an optional Secret is missing.
   */
  setVariables(wanted: WantedVariables): void {
    const given = this.env.filter(({ name }) => wanted.has(name));
    const present = Map.groupBy(given, ({ name }) => name);
    const changes = new Map<string, readonly EnvVar[]>();
    for (const [name, items] of wanted)
      if (!sameJson(present.get(name) ?? [], items)) changes.set(name, items);
    if (changes.size === 0) return;
    const placed = new Set<string>();
    const env = this.env.flatMap((item) => {
      const items = changes.get(item.name);
      if (!items) return item;
      if (placed.has(item.name)) return [];
      placed.add(item.name);
      return items;
    });
    for (const [name, items] of changes) if (!placed.has(name)) env.push(...items);
    this.#env = env;
  }

  annotate(annotations: Readonly<Record<string, string>>): void {
    const same = Object.entries(annotations).every(([key, value]) => this.annotations[key] === value);
    if (!same) this.#annotations = { ...this.annotations, ...annotations };
  }

  /** The Pod with all edits so far; the given object when they changed nothing. */
  get pod(): Pod {
    const { metadata, spec } = this.#pod;
    const annotations = this.#annotations;
    const container = withParts(this.#container, { env: this.#env, volumeMounts: this.mounts.changed });
    const containers = spec.containers.map((each) => (each === this.#container ? container : each));
    return withParts(this.#pod, {
      metadata: annotations && { ...metadata, annotations },
      spec: withParts(spec, {
        containers: container === this.#container ? spec.containers : containers,
        volumes: this.volumes.changed,
      }),
    });
  }
}
