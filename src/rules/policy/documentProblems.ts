import type * as z from 'zod';
import { closest } from '../../text/closest.ts';
import { pathKey, quoted } from '../../text/line.ts';
import { isShownKey, redacted } from '../../text/redact.ts';

/** What is wrong at one place of a document that a schema describes. */
export interface DocumentProblem {
  readonly path: readonly PropertyKey[];
  /** `key`: the key at the end of the path is wrong; `value`: what stands there. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** `; did you mean "x"?`; empty when no choice is near. */
export function meant(word: string, choices: readonly string[]): string {
  const [first] = closest(word, choices);
  return first === undefined ? '' : `; did you mean "${first}"?`;
}

/** The schema at a path; undefined where a schema does not say what stands there. */
function schemaAt(path: readonly PropertyKey[], at: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = (at as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'default') return schemaAt(path, def.innerType);
  if (def.type === 'pipe') return schemaAt(path, def.out);
  const [first, ...rest] = path;
  if (first === undefined) return at;
  if (def.type === 'array') return schemaAt(rest, def.element);
  const field = def.type === 'object' ? def.shape[String(first)] : undefined;
  return field && schemaAt(rest, field);
}

/** The keys of an object or a record with a closed set of keys. */
function keysOf(schema: z.core.$ZodType | undefined): string[] {
  const { def } = (schema as z.core.$ZodTypes | undefined)?._zod ?? {};
  if (def?.type === 'object') return Object.keys(def.shape);
  const key = def?.type === 'record' ? (def.keyType as z.core.$ZodTypes)._zod.def : undefined;
  return key?.type === 'enum' ? Object.keys(key.entries) : [];
}

function unknownKey(path: readonly PropertyKey[], key: string, schema: z.core.$ZodType): DocumentProblem {
  const known = keysOf(schemaAt(path, schema));
  const isRule = path.at(-1) === 'rules';
  const otherwise = isRule ? '; "vmcp-admission explain" lists all rules' : `; known are ${known.join(', ')}`;
  // As everywhere, a key that is not a name may be a credential.
  const called = isShownKey(key) ? ` ${quoted(key)}` : '';
  const message = `unknown ${isRule ? 'rule' : 'key'}${called}${meant(key, known) || otherwise}`;
  return { path: [...path, key], at: 'key', message };
}

/** How the types of JSON are called in YAML. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
};

/** What zod says, with the value seen where it must be another one. */
function sentence({ message, input }: z.core.$ZodIssue): string {
  const [, expected = '', received = ''] =
    /^Invalid input: expected (\S+), received (\S+)$/.exec(message) ?? [];
  if (expected !== '') return `must be ${TYPES[expected] ?? expected}, and is ${TYPES[received] ?? received}`;
  const isScalar = ['string', 'number', 'boolean'].includes(typeof input);
  if (!message.startsWith('must be') || !isScalar) return message;
  return `${message}; it is ${typeof input === 'string' ? quoted(input) : input}`;
}

/** The problems behind one issue of zod, which must have been asked to report the input. */
function toProblems(issue: z.core.$ZodIssue, schema: z.core.$ZodType): DocumentProblem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, schema));
  const { path } = issue;
  const say = (text: string): DocumentProblem[] => [{ path, at: 'value', message: text }];
  if (issue.input === undefined) return say('is required');
  if (issue.code === 'too_small' && issue.origin === 'array') return say('must not be empty');
  return say(redacted(sentence(issue)));
}

/** A document that a schema accepts, or everything that is wrong with it. */
export type ReadDocument<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

/** Reads an untrusted document by a schema. */
export function readDocument<S extends z.ZodType>(raw: unknown, schema: S): ReadDocument<z.output<S>> {
  const parsed = schema.safeParse(raw, { reportInput: true });
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, problems: parsed.error.issues.flatMap((issue) => toProblems(issue, schema)) };
}

/** A problem without its place in the text: `scopes[0].rules: unknown key …`. */
export function problemText({ path, at, message }: DocumentProblem): string {
  const place = (at === 'key' ? path.slice(0, -1) : path).reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = pathKey(String(part));
    return text === '' ? key : `${text}.${key}`;
  }, '');
  return place === '' ? message : `${place}: ${message}`;
}
