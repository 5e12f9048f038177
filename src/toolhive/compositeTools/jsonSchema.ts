import { isRecord } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
/** Deeper than any schema in use; a tenant could nest one as deep as a request is long. */
const MAX_DEPTH = 50;

type Fields = Readonly<Record<string, unknown>>;
type Fault = string | undefined;
/** What is wrong with the value of a keyword, to be read after its name. */
type Check = (value: unknown, schema: Fields) => Fault;

const isText: Check = (value) => (typeof value === 'string' ? undefined : 'must be a string');
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const isNumber: Check = (value) => (typeof value === 'number' ? undefined : 'must be a number');

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 63;
}

/** A whole number; with the name of another one, at most that. */
function count(most?: string): Check {
  return (value, schema) => {
    if (!isCount(value)) return 'must be a whole number, at least 0';
    const limit = most === undefined ? undefined : schema[most];
    return isCount(limit) && value > limit ? `must be at most ${most}` : undefined;
  };
}

/** A number; in the way of draft 4, true or false beside the limit that it is about. */
function exclusive(limit: string): Check {
  return (value, schema) => {
    if (typeof value === 'number') return undefined;
    if (typeof value !== 'boolean') return 'must be a number';
    return typeof schema[limit] === 'number' ? undefined : `must be a number, or true beside ${limit}`;
  };
}

const isUniqueList: Check = (value) => {
  if (!Array.isArray(value)) return 'must be a list';
  const items = new Set(value.map((item) => JSON.stringify(item)));
  return items.size === value.length ? undefined : 'must not list an item twice';
};

const isTextList: Check = (value, schema) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? isUniqueList(value, schema)
    : 'must be a list of strings';

/** Go's expressions differ from these in their groups (`(?i)`, `(?P<n>…)`), so one with a group like that passes. */
const isPattern: Check = (value) => {
  if (typeof value !== 'string') return 'must be a string';
  if (value.includes('(?')) return undefined;
  try {
    new RegExp(value);
    return undefined;
  } catch {
    return 'must be a regular expression';
  }
};

const isType: Check = (value, schema) => {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!types.every((type) => typeof type === 'string' && TYPES.includes(type)))
    return `must be one of ${TYPES.join(', ')}`;
  return isUniqueList(types, schema);
};

/** Keywords that count also beside a `$ref`. */
const HEAD: readonly (readonly [string, Check])[] = Object.entries({
  id: isText,
  $id: isText,
  title: isText,
  description: isText,
  $ref: isText,
});
const HEAD_OF_ROOT = [['$schema', isText] as const, ...HEAD];

/** The other keywords whose values are not schemas. */
const BODY: readonly (readonly [string, Check])[] = Object.entries<Check>({
  type: isType,
  format: isText,
  pattern: isPattern,
  required: isTextList,
  enum: isUniqueList,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: exclusive('minimum'),
  exclusiveMaximum: exclusive('maximum'),
  multipleOf: (value) => (typeof value === 'number' && value > 0 ? undefined : 'must be a number above 0'),
  minLength: count('maxLength'),
  maxLength: count(),
  minItems: count(),
  maxItems: count(),
  minProperties: count('maxProperties'),
  maxProperties: count(),
  uniqueItems: isBoolean,
});

/** A schema that stands in another one, and where. */
type Inner = readonly [path: string, schema: unknown];

/** The schemas that a keyword holds, or what is wrong with its value. */
type Split = (value: unknown, path: string) => readonly Inner[] | string;

const one: Split = (value, path) => [[path, value]];

const listed: Split = (value, path) =>
  Array.isArray(value)
    ? value.map((item, index) => [`${path}[${index}]`, item] as const)
    : `${path} must be a list of schemas`;

const named: Split = (value, path) =>
  isRecord(value)
    ? Object.entries(value).map(([key, item]) => [`${path}.${pathKey(key)}`, item] as const)
    : `${path} must be a map of schemas`;

const byPattern: Split = (value, path) => {
  const wrong = isRecord(value)
    ? Object.keys(value).find((key) => isPattern(key, {}) !== undefined)
    : undefined;
  return wrong === undefined ? named(value, path) : `${path} must have regular expressions as names`;
};

/** By name either a schema, or a list of the names that have to be there too. */
const dependencies: Split = (value, path) => {
  const inner = named(value, path);
  if (typeof inner === 'string') return inner;
  const lists = inner.filter(([, item]) => Array.isArray(item));
  const wrong = lists.find(([, item]) => !(item as unknown[]).every((name) => typeof name === 'string'));
  if (wrong) return `${wrong[0]} must be a list of strings, or a schema`;
  return inner.filter(([, item]) => !Array.isArray(item));
};

const DEFINITIONS = [['definitions', named] as const];
const HELD: readonly (readonly [string, Split])[] = Object.entries<Split>({
  properties: named,
  additionalProperties: one,
  patternProperties: byPattern,
  propertyNames: one,
  dependencies,
  items: (value, path) => (Array.isArray(value) ? listed : one)(value, path),
  additionalItems: one,
  contains: one,
  oneOf: listed,
  anyOf: listed,
  allOf: listed,
  not: one,
  if: one,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: one,
  else: one,
});

function firstFault<T>(items: Iterable<T>, fault: (item: T) => Fault): Fault {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keywordFault(schema: Fields, path: string, keywords: readonly (readonly [string, Check])[]): Fault {
  return firstFault(keywords, ([name, check]) => {
    const fault = schema[name] === undefined ? undefined : check(schema[name], schema);
    return fault === undefined ? undefined : `${path === '' ? name : `${path}.${name}`} ${fault}`;
  });
}

function heldFault(
  schema: Fields,
  path: string,
  depth: number,
  held: readonly (readonly [string, Split])[],
): Fault {
  return firstFault(held, ([name, split]) => {
    if (schema[name] === undefined) return undefined;
    const inner = split(schema[name], path === '' ? name : `${path}.${name}`);
    if (typeof inner === 'string') return inner;
    return firstFault(inner, ([at, item]) => schemaFault(item, at, depth + 1));
  });
}

/**
 * What keeps a value from being a JSON Schema of drafts 4 to 7, with the place in it; undefined when it is one. References
 * are not followed. Pure; never throws. Source: gojsonschema, with which ToolHive checks; test/contract holds them together.
 */
export function schemaFault(schema: unknown, path = '', depth = 0): Fault {
  const name = path === '' ? 'it' : path;
  if (typeof schema === 'boolean') return undefined;
  if (!isRecord(schema)) return `${name} must be a schema: a map, or true or false`;
  if (depth > MAX_DEPTH) return `${name} is nested more than ${MAX_DEPTH} levels deep`;
  const head = path === '' ? HEAD_OF_ROOT : HEAD;
  const fault = heldFault(schema, path, depth, DEFINITIONS) ?? keywordFault(schema, path, head);
  // What stands beside a reference is not read.
  if (fault !== undefined || schema.$ref !== undefined) return fault;
  return keywordFault(schema, path, BODY) ?? heldFault(schema, path, depth, HELD);
}
