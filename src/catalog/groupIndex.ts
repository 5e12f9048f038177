import type { ToolhiveObject } from '../toolhive/object.ts';

type Grouped = ToolhiveObject & { readonly group: string | undefined };

function byName(a: Grouped, b: Grouped): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

/** One list for all: what is remembered by a list of members is so for a group that has none, too. */
const NONE: readonly never[] = [];

/** Objects by name, and by the group that they name; a change costs the re-sorting of its own group only. */
export class GroupIndex<T extends Grouped> {
  readonly #byName = new Map<string, T>();
  readonly #groups = new Map<string, { readonly members: Set<T>; sorted: readonly T[] | undefined }>();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  values(): Iterable<T> {
    return this.#byName.values();
  }

  put(object: T): void {
    this.delete(object.metadata.name);
    this.#byName.set(object.metadata.name, object);
    if (object.group === undefined) return;
    const group = this.#groups.get(object.group);
    if (group) {
      group.members.add(object);
      group.sorted = undefined;
    } else this.#groups.set(object.group, { members: new Set([object]), sorted: undefined });
  }

  delete(name: string): void {
    const object = this.#byName.get(name);
    if (!object) return;
    this.#byName.delete(name);
    if (object.group === undefined) return;
    const group = this.#groups.get(object.group);
    if (!group) return;
    group.members.delete(object);
    group.sorted = undefined;
    if (group.members.size === 0) this.#groups.delete(object.group);
  }

  /** The members of a group, sorted by name in byte order of their UTF-16 code units (names are ASCII). */
  list(name: string): readonly T[] {
    const group = this.#groups.get(name);
    if (!group) return NONE;
    group.sorted ??= [...group.members].sort(byName);
    return group.sorted;
  }
}
