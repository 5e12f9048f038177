import type { AuthConfigUser } from './catalog.ts';

/** An object that names a group: one of its members, or a vMCP that serves it. */
type Grouped = AuthConfigUser;

/** One list for all: what is remembered by a list of members is so for a group that has none, too. */
const NONE: readonly never[] = [];

/** The auth configs that an object names: its own reference, or the choices of a VirtualMCPServer. */
function authConfigsOf(object: Grouped): readonly string[] {
  if (object.kind !== 'VirtualMCPServer') return object.authConfig === undefined ? NONE : [object.authConfig];
  const choices = [object.defaultAuth, ...Object.values(object.backendAuth)];
  return choices.flatMap((choice) => choice?.authConfig ?? []);
}

function byName(a: Grouped, b: Grouped): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

/** Objects by name, by the auth configs and by the group that they name; a change costs the re-sorting of its own group only. */
export class GroupIndex<T extends Grouped> {
  readonly #byName = new Map<string, T>();
  readonly #byAuthConfig = new Map<string, Set<T>>();
  readonly #groups = new Map<string, { readonly members: Set<T>; sorted: readonly T[] | undefined }>();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** The objects that name the auth config. */
  usersOf(authConfig: string): Iterable<T> {
    return this.#byAuthConfig.get(authConfig) ?? NONE;
  }

  put(object: T): void {
    this.delete(object.metadata.name);
    this.#byName.set(object.metadata.name, object);
    for (const config of authConfigsOf(object)) {
      const users = this.#byAuthConfig.get(config);
      if (users) users.add(object);
      else this.#byAuthConfig.set(config, new Set([object]));
    }
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
    for (const config of authConfigsOf(object)) {
      const users = this.#byAuthConfig.get(config);
      users?.delete(object);
      if (users?.size === 0) this.#byAuthConfig.delete(config);
    }
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
