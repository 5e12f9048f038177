import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveObject } from '../../toolhive/object.ts';
import { readClusterObject } from './clusterObject.ts';
import type { RawObject } from './rawObject.ts';

/** Where a reflector puts what it learns. */
export interface ObjectSink {
  put(object: ToolhiveObject): void;
  delete(kind: ToolhiveKind, namespace: string, name: string): void;
}

/** An object of a list, ready to be taken over. */
export interface Incoming {
  readonly identity: RawObject;
  /** Undefined when it cannot be read, or when it need not be because nothing changed. */
  readonly object: ToolhiveObject | undefined;
  readonly problem: string | undefined;
}

interface Held {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly problem: string | undefined;
}

/** What one reflector has put into the sink, and which objects it had to leave out. */
export class Holdings {
  readonly #kind: ToolhiveKind;
  readonly #sink: ObjectSink;
  readonly #onMalformed: (namespace: string, name: string, problem: string) => void;
  #held = new Map<string, Held>();
  #malformed = 0;

  constructor(
    kind: ToolhiveKind,
    sink: ObjectSink,
    onMalformed: (namespace: string, name: string, problem: string) => void,
  ) {
    this.#kind = kind;
    this.#sink = sink;
    this.#onMalformed = onMalformed;
  }

  /** Objects that are served. */
  get size(): number {
    return this.#held.size - this.#malformed;
  }

  get malformed(): number {
    return this.#malformed;
  }

  /** Objects that are held, also those that cannot be read. */
  get count(): number {
    return this.#held.size;
  }

  /** True when the object is held in this very version. */
  holds(identity: RawObject): boolean {
    return this.#held.get(keyOf(identity))?.version === identity.version;
  }

  keys(): string[] {
    return [...this.#held.keys()];
  }

  /** Reads an object; one that is held in this very version already is not read again, unless `always`. */
  read(identity: RawObject, raw: unknown, always: boolean): Incoming {
    if (!always && this.holds(identity)) return { identity, object: undefined, problem: undefined };
    const read = readClusterObject(this.#kind, raw);
    if (read.ok) return { identity, object: read.value, problem: undefined };
    const [first] = read.problems;
    return { identity, object: undefined, problem: first ? `${first.field} ${first.message}` : 'unreadable' };
  }

  /**
   * Stores an object. A malformed one is not stored, and removes an earlier version of it. The sink comes first: what it
   * did not take is not held, so the next list brings it again.
   */
  take({ identity, object, problem }: Incoming): void {
    if (object === undefined && problem === undefined) return;
    const { namespace, name, version } = identity;
    const key = keyOf(identity);
    const before = this.#held.get(key);
    if (object) this.#sink.put(object);
    else if (before && before.problem === undefined) this.#sink.delete(this.#kind, namespace, name);
    this.#malformed += (problem === undefined ? 0 : 1) - (before?.problem === undefined ? 0 : 1);
    this.#held.set(key, { namespace, name, version, problem });
    if (problem !== undefined && before?.problem === undefined) this.#onMalformed(namespace, name, problem);
  }

  drop(key: string): void {
    const held = this.#held.get(key);
    if (!held) return;
    if (held.problem === undefined) this.#sink.delete(this.#kind, held.namespace, held.name);
    else this.#malformed--;
    this.#held.delete(key);
  }
}

export function keyOf(identity: { readonly namespace: string; readonly name: string }): string {
  return `${identity.namespace}/${identity.name}`;
}
