import { isRecord } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';
import { pathKey } from '../../text/line.ts';
import type { Shape, Struct } from './shape.ts';

/** Something in a config that ends the vMCP at start. */
export interface ConfigProblem {
  /** Where it stands, such as `outgoingAuth.backends[search].type`; empty for the config as a whole. */
  readonly path: string;
  /** What is wrong, to be read after the path. */
  readonly message: string;
  /** The loader and the validator take it; the vMCP ends when it builds its server. Absent for what they refuse. */
  readonly stage?: 'start';
  /** The number of problems behind a message that names a sum, or the first of several. Updates are compared by it. */
  readonly count?: number;
}

/** What YAML 1.1 takes for a boolean; yaml.v3 still does for a boolean field, also in quotes. */
const OLD_BOOLEAN = /^(?:[yn]|[YN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** The text of a scalar as the loader reads it into a string: null is the empty one. Undefined for a collection. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? undefined : String(value);
}

/** The loader cuts fractions off, and lets only what is too large pass as too large. */
function isInteger(value: unknown, bits: 32 | 64): boolean {
  if (typeof value !== 'number') return false;
  const whole = Math.trunc(value);
  return bits === 64 ? whole < 2 ** 63 : whole < 2 ** 31 && whole >= -(2 ** 31);
}

/** What is wrong with a scalar that is not null; undefined when the loader takes it. */
function scalarFault(value: unknown, shape: Shape): string | undefined {
  const text = typeof value === 'string' ? value : undefined;
  switch (shape) {
    case 'json':
      return undefined;
    case 'jsonMap':
      return isRecord(value) ? undefined : 'must be a mapping';
    case 'string':
      return typeof value === 'object' ? 'must be a string' : undefined;
    case 'bool':
      if (typeof value === 'boolean' || (text !== undefined && OLD_BOOLEAN.test(text))) return undefined;
      return 'must be true or false, without quotes';
    case 'int32':
    case 'int64':
      return isInteger(value, shape === 'int32' ? 32 : 64)
        ? undefined
        : `must be an integer of type ${shape}`;
    default:
      if (shape === 'duration' && value === 0) return undefined;
      if (text !== undefined && parseGoDuration(text).ok) return undefined;
      return 'must be a duration with a unit, such as 30s';
  }
}

function fieldProblems(value: Readonly<Record<string, unknown>>, { fields }: Struct, path: string) {
  return Object.entries(value).flatMap(([key, item]): ConfigProblem[] => {
    const at = path === '' ? pathKey(key) : `${path}.${pathKey(key)}`;
    const shape = Object.hasOwn(fields, key) ? fields[key] : undefined;
    return shape
      ? typeProblems(item, shape, at)
      : [{ path: at, message: 'is not a field that the vMCP knows' }];
  });
}

function itemProblems(
  items: Iterable<readonly [key: string | number, item: unknown]>,
  shape: { readonly of: Shape; readonly nullEnds: boolean },
  path: string,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [key, item] of items) {
    const at = `${path}[${typeof key === 'string' ? pathKey(key) : key}]`;
    if (item === null && shape.nullEnds) problems.push({ path: at, message: 'must not be null' });
    else problems.push(...typeProblems(item, shape.of, at));
  }
  return problems;
}

/**
 * Unknown fields, and values that the vMCP's loader cannot read into their Go types. Null is the zero value of every type.
 * @param value the data of a config: plain scalars as booleans and numbers where yaml.v3 takes them for such
 */
export function typeProblems(value: unknown, shape: Shape, path: string): ConfigProblem[] {
  if (value === null || value === undefined) return [];
  if (typeof shape === 'string') {
    const message = scalarFault(value, shape);
    return message === undefined ? [] : [{ path, message }];
  }
  const nullEnds = 'nullEnds' in shape && shape.nullEnds === true;
  if ('list' in shape)
    return Array.isArray(value)
      ? itemProblems(value.entries(), { of: shape.list, nullEnds }, path)
      : [{ path, message: 'must be a list' }];
  if (!isRecord(value)) return [{ path, message: 'must be a mapping' }];
  if ('map' in shape) return itemProblems(Object.entries(value), { of: shape.map, nullEnds }, path);
  return fieldProblems(value, shape, path);
}
