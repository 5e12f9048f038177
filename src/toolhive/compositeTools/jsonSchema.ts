import { isRecord } from '../../kubernetes/record.ts';

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
/** Deeper than any schema in use; a tenant could nest one as deep as a request is long. */
const MAX_DEPTH = 50;

type Fault = string | undefined;
type Check = (value: unknown) => string | undefined;

const isText: Check = (value) => (typeof value === 'string' ? undefined : 'must be a string');
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const isNumber: Check = (value) => (typeof value === 'number' ? undefined : 'must be a number');
const isCount: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0
    ? undefined
    : 'must be a whole number, at least 0';
const isTextList: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? undefined
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

/** The keywords of drafts 4 to 7 whose values are no schemas. Source: gojsonschema, with which ToolHive checks. */
const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: isText,
  title: isText,
  description: isText,
  format: () => undefined,
  pattern: isPattern,
  required: isTextList,
  enum: (value) =>
    Array.isArray(value) && value.length > 0 ? undefined : 'must be a list that is not empty',
  minimum: isNumber,
  maximum: isNumber,
  multipleOf: (value) => (typeof value === 'number' && value > 0 ? undefined : 'must be a number above 0'),
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  uniqueItems: isBoolean,
};

function typeFault(value: unknown): Fault {
  const types = Array.isArray(value) ? value : [value];
  const wrong = types.find((type) => typeof type !== 'string' || !TYPES.includes(type));
  return wrong === undefined && types.length > 0 ? undefined : `must be one of ${TYPES.join(', ')}`;
}

function firstFault<T>(items: Iterable<T>, fault: (item: T) => Fault): Fault {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keywords that hold one schema, several by name, or a list of them. */
const ONE = [
  'additionalProperties',
  'additionalItems',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
];
const NAMED = ['properties', 'patternProperties', 'definitions'];
const LISTED = ['allOf', 'anyOf', 'oneOf'];

function below(schema: Readonly<Record<string, unknown>>, path: string, depth: number): Fault {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of ONE) {
    const value = schema[name];
    const found = value === undefined ? undefined : schemaFault(value, at(name), depth + 1);
    if (found !== undefined) return found;
  }
  for (const name of NAMED) {
    const value = schema[name];
    if (value === undefined) continue;
    if (!isRecord(value)) return `${at(name)} must be a map of schemas`;
    const found = firstFault(Object.entries(value), ([key, item]) =>
      schemaFault(item, `${at(name)}.${key}`, depth + 1),
    );
    if (found !== undefined) return found;
  }
  for (const name of LISTED) {
    const value = schema[name];
    if (value === undefined) continue;
    if (!Array.isArray(value) || value.length === 0) return `${at(name)} must be a list of schemas`;
    const found = firstFault(value.entries(), ([index, item]) =>
      schemaFault(item, `${at(name)}[${index}]`, depth + 1),
    );
    if (found !== undefined) return found;
  }
  const { items } = schema;
  if (Array.isArray(items))
    return firstFault(items.entries(), ([index, item]) =>
      schemaFault(item, `${at('items')}[${index}]`, depth + 1),
    );
  return items === undefined ? undefined : schemaFault(items, at('items'), depth + 1);
}

/**
 * What keeps a value from being a JSON Schema of drafts 4 to 7, with the place in it; undefined when it is one. References
 * are not followed. Pure; never throws.
 */
export function schemaFault(schema: unknown, path = '', depth = 0): Fault {
  const name = path === '' ? 'it' : path;
  if (typeof schema === 'boolean') return undefined;
  if (!isRecord(schema)) return `${name} must be a schema: a map, or true or false`;
  if (depth > MAX_DEPTH) return `${name} is nested more than ${MAX_DEPTH} levels deep`;
  const type = schema.type === undefined ? undefined : typeFault(schema.type);
  if (type !== undefined) return `${path === '' ? '' : `${path}.`}type ${type}`;
  const keyword = firstFault(Object.entries(KEYWORDS), ([key, check]) => {
    const fault = schema[key] === undefined ? undefined : check(schema[key]);
    return fault === undefined ? undefined : `${path === '' ? '' : `${path}.`}${key} ${fault}`;
  });
  return keyword ?? below(schema, path, depth);
}
