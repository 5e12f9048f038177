import { type Document, isAlias, isMap, isScalar, isSeq, Scalar, type YAMLMap } from 'yaml';
import { PlainScalar, YamlMap, type YamlValue } from './render.ts';

/**
 * Every plain text that some reader, of YAML 1.1 or 1.2, takes for something else than a string: numbers in all bases and
 * notations, dates, booleans, null, `=` and `<<`. Generous: a string that fits is kept as it was written, too.
 */
const PERHAPS_NO_STRING =
  /^(?:[-+]?\.?[0-9][-+.:_0-9A-Za-z]*(?:[ \t]+[-+.:0-9Z]+)*|[-+]?\.[A-Za-z]+|~|=|<<|y|n|yes|no|on|off|true|false|null)$/i;

const STRING_TAG = 'tag:yaml.org,2002:str';
const MERGE_TAG = 'tag:yaml.org,2002:merge';

/** A scalar that was parsed with the failsafe schema, as what it was written as; plain emptiness is null. */
function keptScalar(node: Scalar): YamlValue | undefined {
  const text = String(node.value ?? '');
  if (node.tag === STRING_TAG) return text;
  if (node.tag) return undefined;
  if (node.type !== Scalar.PLAIN) return text;
  if (text === '') return new PlainScalar('null');
  return PERHAPS_NO_STRING.test(text) ? new PlainScalar(text) : text;
}

/** True for the key `<<` of a merge; a quoted one is a key like any other. Source: `isMerge` of yaml.v3. */
function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  return key.tag === MERGE_TAG || (!key.tag && key.type === Scalar.PLAIN);
}

/** A mapping that is merged in: written there, or the target of an alias. */
function mergedMap(document: Document, node: unknown): YamlMap | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  const kept = isMap(target) ? keptValue(document, target) : undefined;
  return kept instanceof YamlMap ? kept : undefined;
}

/**
 * The pairs that a merge brings, those of earlier mappings before later ones. Undefined for anything but mappings and a
 * list of them, which ends the vMCP. Source: `merge` of yaml.v3, which takes no alias to a list either.
 */
function mergedPairs(document: Document, value: unknown): YamlMap['pairs'] | undefined {
  const pairs: (readonly [string, YamlValue])[] = [];
  for (const node of isSeq(value) ? value.items : [value]) {
    const map = mergedMap(document, node);
    if (map === undefined) return undefined;
    pairs.push(...map.pairs);
  }
  return pairs;
}

/** A mapping with its merges resolved: its own keys win wherever they stand, then the mapping that is merged in first. */
function keptMap(document: Document, node: YAMLMap): YamlMap | undefined {
  const known = new Set<string>();
  for (const { key } of node.items) {
    if (!isScalar(key)) return undefined;
    if (!isMergeKey(key)) known.add(String(key.value ?? ''));
  }
  const pairs: (readonly [string, YamlValue])[] = [];
  for (const { key, value } of node.items) {
    if (isMergeKey(key)) {
      const merged = mergedPairs(document, value);
      if (merged === undefined) return undefined;
      for (const pair of merged) {
        if (known.has(pair[0])) continue;
        known.add(pair[0]);
        pairs.push(pair);
      }
      continue;
    }
    const kept = keptValue(document, value);
    if (kept === undefined) return undefined;
    pairs.push([String((key as Scalar).value ?? ''), kept]);
  }
  return new YamlMap(pairs);
}

/**
 * A node of a document that was parsed with the failsafe schema, as a value that can be written again with every scalar
 * keeping its type: what might be a number, boolean, null or date for some reader stays as its source wrote it. Aliases
 * and merges are resolved as the vMCP's reader does.
 * Undefined for what cannot be kept: explicit tags of scalars but `!!str`, keys that are no scalars, aliases to nothing,
 * merges of what is no mapping.
 */
export function keptValue(document: Document, node: unknown): YamlValue | undefined {
  if (node === null) return new PlainScalar('null');
  if (isAlias(node)) {
    const target = node.resolve(document);
    return target === undefined ? undefined : keptValue(document, target);
  }
  if (isScalar(node)) return keptScalar(node);
  if (isMap(node)) return keptMap(document, node);
  if (!isSeq(node)) return undefined;
  const items: YamlValue[] = [];
  for (const item of node.items) {
    const kept = keptValue(document, item);
    if (kept === undefined) return undefined;
    items.push(kept);
  }
  return items;
}
