import type { ScalarTag } from 'yaml';

/**
 * Which plain scalars are not strings, as kubectl reads YAML: goyaml v2's `resolve`. It is neither YAML 1.1 (no base 60,
 * no dates) nor 1.2 (`yes`, `n` and `on` are booleans, `0644` is octal); the parser's own schemas differ in all that.
 */
const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:[yY]|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:[nN]|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;
const NOT_FINITE = /^(?:\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))$/;

function toInteger(text: string): number {
  const plain = text.replaceAll('_', '');
  const digits = plain.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = Number(octal ? `0o${digits.slice(1)}` : digits);
  return plain.startsWith('-') && value !== 0 ? -value : value;
}

function toFloat(text: string): number {
  return Number(text.replaceAll('_', ''));
}

/** The values of plain scalars; quoted ones are always strings. */
export const SCALAR_TAGS: readonly ScalarTag[] = [
  {
    default: true,
    tag: 'tag:yaml.org,2002:null',
    test: NULL,
    resolve: () => null,
    identify: (value) => value === null,
  },
  {
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: new RegExp(`${TRUE.source}|${FALSE.source}`),
    resolve: (text) => TRUE.test(text),
    identify: (value) => typeof value === 'boolean',
  },
  {
    default: true,
    tag: 'tag:yaml.org,2002:int',
    test: INTEGER,
    resolve: toInteger,
    identify: (value) => Number.isInteger(value),
  },
  {
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: FLOAT,
    resolve: toFloat,
    identify: (value) => typeof value === 'number',
  },
  {
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: NOT_FINITE,
    resolve: () => Number.NaN,
    identify: () => false,
  },
];
