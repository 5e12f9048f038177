import { setImmediate as breathe } from 'node:timers/promises';
import { malformed } from '../../apiClient/errors.ts';
import type { RawPage } from '../../apiClient/list.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveObject } from '../../toolhive/object.ts';
import { readClusterObject } from '../catalogObject.ts';
import type { Budget } from './budget.ts';

/** Where a cache puts the objects that rules and injection see. */
export interface ObjectSink {
  put(object: ToolhiveObject): void;
  delete(kind: ToolhiveKind, namespace: string, name: string): void;
}

/** What a list or watch needs to know of an object before it is decoded. */
export interface Identity {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Changes with every write of the object, and when another object takes its name. */
  readonly version: string;
  readonly resourceVersion: string;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the identity of an untrusted object. Throws an ApiError when it has none. */
export function identityOf(raw: unknown): Identity {
  const { metadata } = (raw ?? {}) as { readonly metadata?: Readonly<Record<string, unknown>> | null };
  const [namespace, name, uid] = [text(metadata?.namespace), text(metadata?.name), text(metadata?.uid)];
  const resourceVersion = text(metadata?.resourceVersion);
  if (name === '' || resourceVersion === '') throw malformed('an object has no name or no resourceVersion');
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    version: `${uid}/${resourceVersion}`,
    resourceVersion,
  };
}

/** What an object takes beside its fields, however small it is: keys, versions, places in indexes. In bytes. */
const OBJECT_BYTES = 1_024;

interface Held {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  /** What it takes of the budget. */
  readonly bytes: number;
  /** Why it cannot be decoded; it is then not in the sink. */
  readonly problem: string | undefined;
}

/** An object that is about to be held; `object` is undefined when it cannot be decoded. */
interface Incoming {
  readonly key: string;
  readonly held: Held;
  readonly object: ToolhiveObject | undefined;
}

/** Told of objects as they came, since a model has a part of their fields only. */
export interface RawListener {
  /** An object is going to be held. `problem` is why it cannot be decoded. */
  seen(namespace: string, name: string, raw: unknown, problem: string | undefined): void;
  /** An object is not held any more. */
  gone(namespace: string, name: string): void;
}

/** Objects of a page that a listener is told of without a pause; it may take a tenth of a millisecond for each. */
const TOLD_AT_ONCE = 25;

/** The list that a copy was made equal to. */
export interface Replaced {
  readonly resourceVersion: string;
  /** Whether the copy was another one before. */
  readonly changed: boolean;
}

/** Objects that are stored without a pause; between such parts of a list reviews are answered. */
const SLICE = 250;

/** The copy of one kind: which objects the sink has, in which version, and which cannot be decoded. */
export class KindCache {
  readonly #kind: ToolhiveKind;
  readonly #sink: ObjectSink;
  readonly #budget: Budget;
  readonly #onMalformed: (namespace: string, name: string, problem: string) => void;
  readonly #raw: RawListener | undefined;
  readonly #held = new Map<string, Held>();
  #malformed = 0;
  #bytes = 0;

  constructor(
    kind: ToolhiveKind,
    sink: ObjectSink,
    budget: Budget,
    onMalformed: (namespace: string, name: string, problem: string) => void,
    raw?: RawListener,
  ) {
    this.#kind = kind;
    this.#sink = sink;
    this.#budget = budget;
    this.#onMalformed = onMalformed;
    this.#raw = raw;
  }

  /** Objects that are served. */
  get objects(): number {
    return this.#held.size - this.#malformed;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Stores an object and returns its resourceVersion. Throws an ApiError when it is not one or there is no room for it. */
  upsert(raw: unknown, bytes: number): string {
    const identity = identityOf(raw);
    this.#store(this.#decode(identity, raw, bytes));
    return identity.resourceVersion;
  }

  /** Removes an object and returns the resourceVersion of its deletion. Throws an ApiError when it is not an object. */
  remove(raw: unknown): string {
    const { key, resourceVersion } = identityOf(raw);
    this.#drop(key);
    return resourceVersion;
  }

  /**
   * Makes the copy equal to a list. Nothing changes before its last page is there, and objects that are held in the same
   * version are left alone. Throws an ApiError, or what the sink throws.
   */
  async replaceBy(pages: AsyncIterable<RawPage>, signal: AbortSignal): Promise<Replaced> {
    const listed = new Set<string>();
    const changed: Incoming[] = [];
    let resourceVersion = '';
    let reserved = 0;
    try {
      for await (const page of pages) {
        signal.throwIfAborted();
        resourceVersion = page.resourceVersion;
        for (const raw of page.items) {
          const incoming = this.#listed(raw, page.bytes / page.items.length, listed);
          if (!incoming) continue;
          this.#budget.take(incoming.held.bytes);
          reserved += incoming.held.bytes;
          changed.push(incoming);
          if (this.#raw && changed.length % TOLD_AT_ONCE === 0) await breathe();
        }
      }
      await inSlices(changed, signal, (incoming) => {
        this.#budget.giveBack(incoming.held.bytes);
        reserved -= incoming.held.bytes;
        this.#store(incoming);
      });
    } finally {
      this.#budget.giveBack(reserved);
    }
    const gone = [...this.#held.keys()].filter((key) => !listed.has(key));
    await inSlices(gone, signal, (key) => this.#drop(key));
    return { resourceVersion, changed: changed.length + gone.length > 0 };
  }

  /** Removes everything: the kind does not exist. */
  async clear(signal: AbortSignal): Promise<void> {
    await inSlices([...this.#held.keys()], signal, (key) => this.#drop(key));
  }

  /** An object of a list; undefined when it is held in the same version. */
  #listed(raw: unknown, bytes: number, listed: Set<string>): Incoming | undefined {
    const identity = identityOf(raw);
    if (listed.has(identity.key)) throw malformed('the list has the same object twice');
    listed.add(identity.key);
    const held = this.#held.get(identity.key);
    return held?.version === identity.version ? undefined : this.#decode(identity, raw, bytes);
  }

  #decode({ namespace, name, version, key }: Identity, raw: unknown, bytes: number): Incoming {
    const read = readClusterObject(this.#kind, raw);
    const [first] = read.ok ? [] : read.problems;
    const problem = read.ok ? undefined : first ? `${first.field} ${first.message}` : 'unreadable';
    this.#raw?.seen(namespace, name, raw, problem);
    const held = { namespace, name, version, bytes: Math.ceil(bytes) + OBJECT_BYTES, problem };
    return { key, held, object: read.ok ? read.value : undefined };
  }

  /**
   * A malformed object is not stored, and removes an earlier version of it. The sink comes first: what it did not take is
   * not held, so the next list brings it again.
   */
  #store({ key, held, object }: Incoming): void {
    const before = this.#held.get(key);
    this.#budget.take(held.bytes);
    try {
      if (object) this.#sink.put(object);
      else if (before && before.problem === undefined)
        this.#sink.delete(this.#kind, held.namespace, held.name);
    } catch (error) {
      this.#budget.giveBack(held.bytes);
      throw error;
    }
    this.#forget(key);
    this.#held.set(key, held);
    this.#bytes += held.bytes;
    if (held.problem === undefined) return;
    this.#malformed++;
    if (before?.problem === undefined) this.#onMalformed(held.namespace, held.name, held.problem);
  }

  #drop(key: string): void {
    const held = this.#held.get(key);
    if (held && held.problem === undefined) this.#sink.delete(this.#kind, held.namespace, held.name);
    this.#forget(key);
    if (held) this.#raw?.gone(held.namespace, held.name);
  }

  #forget(key: string): void {
    const held = this.#held.get(key);
    if (!held) return;
    this.#held.delete(key);
    this.#bytes -= held.bytes;
    this.#budget.giveBack(held.bytes);
    if (held.problem !== undefined) this.#malformed--;
  }
}

/** Does something with each item, and lets the event loop run in between. Throws when the signal aborts. */
async function inSlices<T>(items: readonly T[], signal: AbortSignal, each: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += SLICE) {
    signal.throwIfAborted();
    for (const item of items.slice(from, from + SLICE)) each(item);
    await breathe();
  }
}
