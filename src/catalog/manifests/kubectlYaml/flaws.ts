import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap } from 'yaml';
import { NO_ANCHOR, NO_MERGE_SOURCE } from '../../../yaml/fault.ts';

/** Something that YAML allows and that cannot be used, and its offset in the text. */
export interface Flaw {
  readonly offset: number;
  readonly message: string;
}

/** Keys that the merges of a document may bring in together: many times what real manifests need. */
const MAX_MERGED_KEYS = 1_000_000;

const NO_KEYS: ReadonlySet<string> = new Set();

function flawAt(node: { readonly range?: readonly [number, ...number[]] | null }, message: string): Flaw {
  return { offset: node.range?.[0] ?? 0, message };
}

/** The message never quotes the digits: a number without quotes may be meant as the value of a Secret. */
function numberFlaw(scalar: Scalar): Flaw | undefined {
  const { value, source = '' } = scalar;
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value))
    return flawAt(scalar, 'not a JSON number: it is infinite or NaN; quote it if it is meant as text');
  if (Number.isSafeInteger(value) || !/^[-+]?[0-9_]+$/.test(source)) return undefined;
  return flawAt(
    scalar,
    'an integer is outside ±9007199254740991 and would lose digits; quote it if it is meant as text',
  );
}

/** True for `<<` without quotes: the parser makes a symbol of it. Source: yaml 2.9, schema/yaml-1.1/merge.js. */
function isMerge({ value, type }: Scalar): boolean {
  if (typeof value === 'symbol') return value.description === '<<';
  return value === '<<' && (type === undefined || type === Scalar.PLAIN);
}

function shown(key: string): string {
  return JSON.stringify(key.slice(0, 80));
}

/** One walk through a document, in the order of its text. */
class Walk {
  /** What each anchor stands for at this point of the text. */
  readonly #anchors = new Map<string, Node>();
  /** The keys of the maps that merges may take from, including what those maps merge themselves. */
  readonly #keys = new Map<Node, ReadonlySet<string>>();
  #merged = 0;

  /** Returns the first flaw of a node. `source` is true for a node that a merge takes its keys from. */
  flaw(node: unknown, source = false): Flaw | undefined {
    if (isAlias(node)) return this.#anchors.has(node.source) ? undefined : flawAt(node, NO_ANCHOR);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return undefined;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return numberFlaw(node);
    if (isMap(node)) return this.#mapFlaw(node, source || node.anchor !== undefined);
    for (const item of node.items) {
      const found = this.flaw(item, source);
      if (found) return found;
    }
    return undefined;
  }

  #mapFlaw(map: YAMLMap, keep: boolean): Flaw | undefined {
    const own = new Set<string>();
    const merged = new Set<string>();
    for (const { key, value } of map.items) {
      if (!isScalar(key)) return flawAt(map, 'a key must be a single value');
      const merge = isMerge(key);
      const text = merge ? '<<' : String(key.value);
      if (own.has(text)) return flawAt(key, `the key ${shown(text)} appears twice in this map; keep one`);
      const found =
        this.flaw(key) ??
        this.flaw(value, merge) ??
        (merge ? this.#merge(key, value, own, merged) : undefined);
      if (found) return found;
      own.add(text);
    }
    own.delete('<<');
    if (keep) this.#keys.set(map, merged.size === 0 ? own : new Set([...own, ...merged]));
    return undefined;
  }

  /**
   * Adds to `merged` what a merge brings in. Refuses what the map has above it: goyaml, with which kubectl reads, takes
   * the fields of a map in their order, so that a merge wins over what stands before it; YAML's own rule, and this
   * parser, let the written key win wherever it stands. Below the merge both do. Source: go.yaml.in/yaml/v2, decode.go,
   * `mapping` and `merge`.
   */
  #merge(key: Scalar, value: unknown, own: ReadonlySet<string>, merged: Set<string>): Flaw | undefined {
    for (const item of isSeq(value) ? value.items : [value]) {
      const source = isAlias(item) ? this.#anchors.get(item.source) : item;
      if (!isMap(source)) return flawAt(key, NO_MERGE_SOURCE);
      for (const name of this.#keys.get(source) ?? NO_KEYS) {
        if (++this.#merged > MAX_MERGED_KEYS)
          return flawAt(key, `merge keys (<<) bring in more than ${MAX_MERGED_KEYS} keys; write them out`);
        if (own.has(name))
          return flawAt(
            key,
            `this merge (<<) brings in the key ${shown(name)}, which is also written above it in the same map; kubectl would take the merged value; write the key once, or below the merge if it must win`,
          );
        merged.add(name);
      }
    }
    return undefined;
  }
}

/** Returns the first thing that YAML allows and a Kubernetes object cannot hold, or that kubectl would read differently. */
export function firstFlaw(document: Document.Parsed): Flaw | undefined {
  return new Walk().flaw(document.contents);
}
