import { getHeapStatistics } from 'node:v8';
import { ApiError, malformed } from '../../apiClient/errors.ts';
import type { RawPage } from '../../apiClient/list.ts';
import { slices } from '../../concurrency/slices.ts';
import { textAt, valueAt } from '../../kubernetes/record.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveObject } from '../../toolhive/object.ts';
import { readClusterObject } from '../catalogObject.ts';
import { type CatalogObserver, tell } from './observer.ts';

/** A byte of JSON becomes at most about a byte of model, and the other half of the heap is for reviews. */
const HEAP_SHARE = 0.4;

/** The budget of a process, in bytes of JSON. */
export function shareOfHeap(): number {
  return Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE);
}

/**
 * How much the copies of all kinds may hold together: the JSON text of their objects, and 1 KiB for each. Without it the
 * process would end when the heap is full; so it goes on with what it had, and says what to do.
 */
export class Budget {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Throws an ApiError when it is too much. */
  take(bytes: number): void {
    if (this.#used + bytes > this.limit) {
      const mib = (this.limit / 1_048_576).toFixed(1);
      throw new ApiError(
        'too-large',
        `the ToolHive objects of the cluster are larger than ${mib} MiB, the part of the heap that the catalog may use; follow fewer namespaces with --namespaces, or raise the memory limit of the Pod and with it --max-old-space-size in NODE_OPTIONS`,
      );
    }
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Where a cache puts the objects that rules and injection see. */
export interface ObjectSink {
  put(object: ToolhiveObject): void;
  delete(kind: ToolhiveKind, namespace: string, name: string): void;
}

/** What a list or watch needs to know of an object before it is decoded. */
interface Identity {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Changes with every write of the object, and when another object takes its name. */
  readonly version: string;
  readonly resourceVersion: string;
}

/** Returns the identity of an untrusted object. Throws an ApiError when it has none. */
function identityOf(raw: unknown): Identity {
  const metadata = valueAt(raw, 'metadata');
  const name = textAt(metadata, 'name');
  const resourceVersion = textAt(metadata, 'resourceVersion');
  if (name === undefined || resourceVersion === undefined)
    throw malformed('an object has no name or no resourceVersion');
  const namespace = textAt(metadata, 'namespace') ?? '';
  const version = `${textAt(metadata, 'uid')}/${resourceVersion}`;
  return { key: `${namespace}/${name}`, namespace, name, version, resourceVersion };
}

/** What an object takes beside its fields, however small it is: keys, versions, places in indexes. In bytes. */
const OBJECT_BYTES = 1_024;

/** An object that is held, or about to be. */
interface Held extends Identity {
  /** What it takes of the budget. */
  readonly bytes: number;
  /** Undefined when it cannot be decoded; it is not in the sink then. */
  readonly object: ToolhiveObject | undefined;
  /** Why it cannot be decoded; undefined when it can. */
  readonly problem: string | undefined;
}

/** The list that a copy was made equal to. */
export interface Replaced {
  readonly resourceVersion: string;
  /** Whether the copy was another one before. */
  readonly changed: boolean;
}

export interface KindCacheDeps {
  readonly kind: ToolhiveKind;
  readonly sink: ObjectSink;
  readonly budget: Budget;
  readonly observer: Pick<CatalogObserver, 'seen' | 'gone' | 'malformed'>;
}

/** The copy of one kind: which objects the sink has, in which version, and which cannot be decoded. */
export class KindCache {
  readonly #deps: KindCacheDeps;
  readonly #held = new Map<string, Held>();
  #malformed = 0;
  #bytes = 0;

  constructor(deps: KindCacheDeps) {
    this.#deps = deps;
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
    const incoming = this.#decode(identityOf(raw), raw, bytes);
    this.#store(incoming);
    return incoming.resourceVersion;
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
    const changed: Held[] = [];
    const pause = slices();
    let stored = 0;
    let resourceVersion = '';
    try {
      for await (const page of pages) {
        signal.throwIfAborted();
        resourceVersion = page.resourceVersion;
        for (const raw of page.items) {
          const identity = identityOf(raw);
          if (listed.has(identity.key)) throw malformed('the list has the same object twice');
          listed.add(identity.key);
          if (this.#held.get(identity.key)?.version === identity.version) continue;
          changed.push(this.#decode(identity, raw, page.bytes / page.items.length));
          await pause();
        }
      }
      for (const incoming of changed) {
        signal.throwIfAborted();
        stored++;
        this.#store(incoming);
        await pause();
      }
    } finally {
      for (const { bytes } of changed.slice(stored)) this.#deps.budget.giveBack(bytes);
    }
    const gone = [...this.#held.keys()].filter((key) => !listed.has(key));
    await this.#dropAll(gone, signal);
    return { resourceVersion, changed: changed.length + gone.length > 0 };
  }

  /** Removes everything: the kind does not exist. */
  clear(signal: AbortSignal): Promise<void> {
    return this.#dropAll([...this.#held.keys()], signal);
  }

  async #dropAll(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const pause = slices();
    for (const key of keys) {
      signal.throwIfAborted();
      this.#drop(key);
      await pause();
    }
  }

  /** Decodes an object and counts its memory against the budget. Throws an ApiError when it does not fit. */
  #decode(identity: Identity, raw: unknown, jsonBytes: number): Held {
    const { kind, budget, observer } = this.#deps;
    const { namespace, name } = identity;
    const bytes = Math.ceil(jsonBytes) + OBJECT_BYTES;
    budget.take(bytes);
    const read = readClusterObject(kind, raw);
    const [first] = read.ok ? [] : read.problems;
    const problem = read.ok ? undefined : `${first?.field} ${first?.message}`;
    tell(() => observer.seen?.(kind, namespace, name, raw, problem));
    return { ...identity, bytes, object: read.ok ? read.value : undefined, problem };
  }

  /**
   * Holds an object whose bytes are taken from the budget. A malformed one is not stored, and removes an earlier version of it.
   * The sink comes first: what it did not take is not held, so the next list brings it again.
   */
  #store(incoming: Held): void {
    const { kind, sink, budget, observer } = this.#deps;
    const { key, namespace, name, bytes, object, problem } = incoming;
    const before = this.#held.get(key);
    try {
      if (object) sink.put(object);
      else if (before && before.problem === undefined) sink.delete(kind, namespace, name);
    } catch (error) {
      budget.giveBack(bytes);
      throw error;
    }
    this.#forget(key);
    this.#held.set(key, incoming);
    this.#bytes += bytes;
    if (problem === undefined) return;
    this.#malformed++;
    if (before?.problem === undefined) tell(() => observer.malformed?.(kind, namespace, name, problem));
  }

  #drop(key: string): void {
    const { kind, sink, observer } = this.#deps;
    const held = this.#held.get(key);
    if (!held) return;
    if (held.problem === undefined) sink.delete(kind, held.namespace, held.name);
    this.#forget(key);
    tell(() => observer.gone?.(kind, held.namespace, held.name));
  }

  #forget(key: string): void {
    const held = this.#held.get(key);
    if (!held) return;
    this.#held.delete(key);
    this.#bytes -= held.bytes;
    this.#deps.budget.giveBack(held.bytes);
    if (held.problem !== undefined) this.#malformed--;
  }
}
