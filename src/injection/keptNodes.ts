import { type Document, isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import { PlainScalar, YamlMap, type YamlValue } from './yamlText.ts';

/**
 * Every plain text that some reader, of YAML 1.1 or 1.2, takes for something else than a string: numbers in all bases and
 * notations, dates, booleans, null, `=` and `<<`. Generous: a string that fits is kept as it was written, too.
 */
const PERHAPS_NO_STRING =
  /^(?:[-+]?\.?[0-9][-+.:_0-9A-Za-z]*(?:[ \t]+[-+.:0-9Z]+)*|[-+]?\.[A-Za-z]+|~|=|<<|y|n|yes|no|on|off|true|false|null)$/i;

/** A scalar that was parsed with the failsafe schema, as what it was written as; plain emptiness is null. */
function keptScalar(node: Scalar): YamlValue | undefined {
  if (node.tag) return undefined;
  const text = String(node.value ?? '');
  if (node.type !== Scalar.PLAIN) return text;
  if (text === '') return new PlainScalar('null');
  return PERHAPS_NO_STRING.test(text) ? new PlainScalar(text) : text;
}

/**
 * A node of a document that was parsed with the failsafe schema, as a value that can be written again with every scalar
 * keeping its type: what might be a number, boolean, null or date for some reader stays as its source wrote it.
 * Undefined for what cannot be kept: explicit tags, keys that are no scalars, aliases to nothing.
 */
export function keptValue(document: Document, node: unknown): YamlValue | undefined {
  if (node === null) return new PlainScalar('null');
  if (isAlias(node)) {
    const target = node.resolve(document);
    return target === undefined ? undefined : keptValue(document, target);
  }
  if (isScalar(node)) return keptScalar(node);
  if (isSeq(node)) {
    const items: YamlValue[] = [];
    for (const item of node.items) {
      const kept = keptValue(document, item);
      if (kept === undefined) return undefined;
      items.push(kept);
    }
    return items;
  }
  if (!isMap(node)) return undefined;
  const pairs: (readonly [string, YamlValue])[] = [];
  for (const { key, value } of node.items) {
    const kept = keptValue(document, value);
    if (!isScalar(key) || kept === undefined) return undefined;
    pairs.push([String(key.value ?? ''), kept]);
  }
  return new YamlMap(pairs);
}
