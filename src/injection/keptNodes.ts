import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';
import { PlainScalar, YamlMap, type YamlValue } from './yamlText.ts';

/** True when every reader, of YAML 1.1 and of 1.2, takes the plain text for a string. */
function isPlainString(text: string): boolean {
  return (['1.1', '1.2'] as const).every((version) => {
    const document = parseDocument(text, { version, logLevel: 'silent' });
    return document.errors.length === 0 && isScalar(document.contents) && document.contents.value === text;
  });
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
  if (isScalar(node)) {
    if (node.tag) return undefined;
    const text = String(node.value ?? '');
    if (node.type !== Scalar.PLAIN) return text;
    if (text === '') return new PlainScalar('null');
    return isPlainString(text) ? text : new PlainScalar(text);
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => keptValue(document, item));
    return items.some((item) => item === undefined) ? undefined : items.filter((item) => item !== undefined);
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
