import { isCollection, PlainScalar, YamlMap, type YamlValue } from './values.ts';

/**
 * Beyond what JSON escapes: characters that YAML 1.1 takes for line breaks, or that readers refuse unescaped.
 * Source: YAML 1.1 and 1.2, production c-printable.
 */
const NOT_PRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A string as a double-quoted scalar that every reader of YAML 1.1 and 1.2, and of JSON, takes for the same string,
 * whatever it looks like (`yes`, `1e3`, `~`, a date). A lone surrogate, which no reader takes, becomes U+FFFD.
 */
export function quotedScalar(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(NOT_PRINTABLE, escaped);
}

function scalar(value: string | number | boolean | PlainScalar): string {
  if (value instanceof PlainScalar) return value.text;
  return typeof value === 'string' ? quotedScalar(value) : String(value);
}

const PLAIN_KEY = /^[A-Za-z][A-Za-z_]*$/;
/** What a YAML 1.1 reader takes for a boolean or null, of the words that {@link PLAIN_KEY} lets through. */
const NOT_A_STRING = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function keyText(key: string): string {
  return PLAIN_KEY.test(key) && !NOT_A_STRING.test(key) ? key : quotedScalar(key);
}

/** `"key": value` in flow style on one line. */
export function flowPair(key: string, value: YamlValue): string {
  return `${quotedScalar(key)}: ${flowText(value)}`;
}

/** A value in flow style on one line: JSON, when it holds no {@link PlainScalar}. */
function flowText(value: YamlValue): string {
  if (!isCollection(value)) return scalar(value);
  if (value instanceof YamlMap)
    return `{${value.pairs.map(([key, item]) => flowPair(key, item)).join(', ')}}`;
  return `[${value.map(flowText).join(', ')}]`;
}

/**
 * `key: value` in block style, the lines after the first indented by `indent` and more. No line break at the end.
 */
export function blockPair(key: string, value: YamlValue, indent: number): string {
  if (!isCollection(value)) return `${keyText(key)}: ${scalar(value)}`;
  if (value instanceof YamlMap)
    return value.pairs.length === 0
      ? `${keyText(key)}: {}`
      : `${keyText(key)}:\n${blockPairs(value, indent + 2, ' '.repeat(indent + 2))}`;
  if (value.length === 0) return `${keyText(key)}: []`;
  const pad = ' '.repeat(indent + 2);
  return `${keyText(key)}:\n${value.map((item) => `${pad}- ${blockItem(item, indent + 4)}`).join('\n')}`;
}

function blockPairs(map: YamlMap, indent: number, first: string): string {
  return map.pairs
    .map(([key, value], index) => (index === 0 ? first : ' '.repeat(indent)) + blockPair(key, value, indent))
    .join('\n');
}

function blockItem(item: YamlValue, indent: number): string {
  return item instanceof YamlMap && item.pairs.length > 0 ? blockPairs(item, indent, '') : flowText(item);
}
