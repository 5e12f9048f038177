import type { Schema } from './crd.ts';

/** A JSON Schema (draft 7) as plain data. */
export type JsonSchema = { [keyword: string]: unknown };

/** Keywords that a CRD shares with JSON Schema, and that editors use. */
const KEPT: readonly string[] = [
  ...['type', 'description', 'enum', 'default', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties', 'uniqueItems'],
];

function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** A pattern of Go as JavaScript has it. @throws when it uses something else that JavaScript does not know. */
function toPattern(pattern: string): string {
  return new RegExp(pattern.replaceAll('[:space:]', '\\s'), 'u').source;
}

/** Required fields that the API server does not fill in by a default. */
function requiredOf({ required = [], properties = {} }: Schema): string[] {
  return required.filter((name) => properties[name]?.default === undefined);
}

/** True for an object whose fields are all known: the API server drops any other. */
function isClosed(schema: Schema): boolean {
  return schema.properties !== undefined && !schema['x-kubernetes-preserve-unknown-fields'];
}

/** The JSON Schema of a schema of a CRD. Unknown fields are wrong unless the CRD keeps them. */
export function toJsonSchema(schema: Schema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  const required = requiredOf(schema);
  const kept = Object.entries(schema).filter(([keyword]) => KEPT.includes(keyword));
  return {
    ...Object.fromEntries(kept),
    ...(schema.pattern !== undefined && { pattern: toPattern(schema.pattern) }),
    ...(schema['x-kubernetes-int-or-string'] && { type: ['integer', 'string'] }),
    ...(properties && { properties: mapValues(properties, toJsonSchema) }),
    ...(required.length > 0 && { required }),
    ...(items && { items: toJsonSchema(items) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: toJsonSchema(additionalProperties),
    }),
    ...(isClosed(schema) && { additionalProperties: false }),
  };
}

/** The smallest schema that is worth a definition of its own, in characters. */
const MIN_SHARED = 400;

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How often each large schema occurs, by its text. */
function countOf(value: unknown, counts: Map<string, number>): Map<string, number> {
  if (Array.isArray(value)) for (const item of value) countOf(item, counts);
  if (!isSchema(value)) return counts;
  const text = JSON.stringify(value);
  const known = counts.get(text) ?? 0;
  if (text.length >= MIN_SHARED) counts.set(text, known + 1);
  // What is inside of a schema that is replaced as a whole is written once.
  if (known === 0) for (const child of Object.values(value)) countOf(child, counts);
  return counts;
}

/** Moves each schema that occurs more than once into the definitions; a name is that of the field it stands under. */
export function withDefinitions(schema: JsonSchema): JsonSchema {
  const counts = countOf(schema, new Map());
  const names = new Map<string, string>();
  const definitions: JsonSchema = {};
  const share = (value: unknown, field: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => share(item, field));
    if (!isSchema(value)) return value;
    const text = JSON.stringify(value);
    const inner = () =>
      Object.fromEntries(Object.entries(value).map(([key, child]) => [key, share(child, key)]));
    if ((counts.get(text) ?? 0) < 2 || typeof value.type !== 'string') return inner();
    const name = names.get(text) ?? `${field}${names.size}`;
    if (!names.has(text)) {
      names.set(text, name);
      definitions[name] = inner();
    }
    return { $ref: `#/definitions/${name}` };
  };
  return { ...(share(schema, 'kind') as JsonSchema), definitions };
}
