import type { Labels } from '../../kubernetes/labelSelector.ts';
import { valueAt } from '../../kubernetes/record.ts';
import { isStringMap, toStringMap } from '../../kubernetes/stringMap.ts';
import type { Lookup } from '../catalog.ts';
import type { Decode, LiveReader } from './liveReader.ts';
import type { Clock } from './timing.ts';

/** Labels seldom change, and a burst of reviews asks for the same ones: they are read again after this, in milliseconds. */
const FRESH_MS = 10_000;

const decode: Decode<Labels> = (raw) => {
  const labels = valueAt(raw, 'metadata', 'labels') ?? {};
  return isStringMap(labels)
    ? { value: toStringMap(labels as Parameters<typeof toStringMap>[0]) }
    : { problem: 'it is malformed: metadata.labels must be a map of strings' };
};

/**
 * The labels of Namespaces, read one by one when a review asks for them. The last labels of each namespace are kept, by its
 * name: they are the answer for {@link FRESH_MS}, and for another such time whenever the Namespace cannot be read.
 */
export class NamespaceLabels {
  readonly #reader: LiveReader;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly lookup: Lookup<Labels>; readonly at: number }>();

  constructor(reader: LiveReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Never rejects. */
  async read(name: string, signal: AbortSignal): Promise<Lookup<Labels>> {
    const known = this.#known.get(name);
    if (known && this.#clock.now() - known.at < FRESH_MS) return known.lookup;
    const read = await this.#reader.read({ kind: 'Namespace', namespace: name, name }, decode, signal);
    const lookup = read.state === 'unavailable' ? (known?.lookup ?? read) : read;
    if (lookup.state === 'found') this.#known.set(name, { lookup, at: this.#clock.now() });
    else this.#known.delete(name);
    return lookup;
  }
}
