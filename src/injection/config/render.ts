import { plainScalar } from '../../yaml/plainScalar.ts';

/** A plain scalar that stands in the output exactly as its source wrote it, so that it keeps its type. */
export class PlainScalar {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What the vMCP's loader takes it for. */
  get value(): null | boolean | number | string {
    return plainScalar(this.text);
  }

  /** True for null, which the vMCP's loader takes for the zero value of any field. */
  get isNull(): boolean {
    return this.value === null;
  }
}

/** True for null, which stands for the zero value of any field. */
export function isNull(value: YamlValue): boolean {
  return value instanceof PlainScalar && value.isNull;
}

/** A scalar as the text that the vMCP's loader takes it for; empty for null, and for what is not a scalar. */
export function textOf(value: YamlValue | undefined): string {
  if (value instanceof PlainScalar) return value.isNull ? '' : value.text;
  return value === undefined || isCollection(value) ? '' : String(value);
}

export type YamlValue = string | number | boolean | PlainScalar | readonly YamlValue[] | YamlMap;

/** A mapping with its keys in the order in which they are to be written. */
export class YamlMap {
  readonly pairs: readonly (readonly [key: string, value: YamlValue])[];

  constructor(pairs: readonly (readonly [key: string, value: YamlValue | undefined])[]) {
    this.pairs = pairs.filter((pair): pair is readonly [string, YamlValue] => pair[1] !== undefined);
  }

  get(key: string): YamlValue | undefined {
    return this.pairs.find(([name]) => name === key)?.[1];
  }
}

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

export function isCollection(value: YamlValue | undefined): value is YamlMap | readonly YamlValue[] {
  return value instanceof YamlMap || Array.isArray(value);
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

/** The value as plain JavaScript data, a {@link PlainScalar} as its value; maps have no prototype. */
export function toData(value: YamlValue): unknown {
  if (value instanceof PlainScalar) return value.value;
  if (value instanceof YamlMap) {
    const data: Record<string, unknown> = Object.create(null);
    for (const [key, item] of value.pairs) data[key] = toData(item);
    return data;
  }
  return Array.isArray(value) ? value.map(toData) : value;
}
