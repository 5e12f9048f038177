import { isQuantity } from '../../kubernetes/quantity.ts';
import { isRecord } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';

/** The fields of a Go struct that are looked at; a field that is not listed may hold anything. */
interface Struct {
  readonly fields: Readonly<Record<string, GoType>>;
}

/**
 * The Go type of a JSON value, as far as decoding can fail. A function stands for a type that contains itself.
 * `duration` is text that `time.ParseDuration` takes; `object` is a map of any values. `setDuration` is a duration that is
 * read also when it is null, which fails: the API server takes such a null away, but not where a schema keeps all fields.
 */
export type GoType =
  | 'duration'
  | 'setDuration'
  | 'int32'
  | 'int64'
  | 'object'
  | 'string'
  | 'bool'
  | 'quantity'
  | Struct
  | { readonly list: GoType }
  | { readonly mapOf: GoType }
  | (() => GoType);

export function struct(fields: Readonly<Record<string, GoType>>): Struct {
  return { fields };
}

/** A value that Go cannot decode: where it stands, Go's error, and what is to be written instead. */
export interface DecodingProblem {
  readonly path: readonly (string | number)[];
  /** Undefined for a value that is nested too deep to be looked at. */
  readonly error: string | undefined;
  readonly remedy: string;
  /** The value, when it is a number, or a text that is meant as a duration or a quantity. */
  readonly value?: string;
}

/** A person corrects them one by one; an object with half a million list items must not fill an answer. */
const MAX_PROBLEMS = 20;
/** No object in use nests steps or properties as deep; a tenant could hide a value below any depth that is looked at. */
const MAX_DEPTH = 50;

const RANGES = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1],
} as const;

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Walks through a value along its type. */
class Walk {
  readonly problems: DecodingProblem[] = [];
  readonly #path: (string | number)[] = [];

  #report(error: string | undefined, remedy: string, value?: string): void {
    if (this.problems.length < MAX_PROBLEMS)
      this.problems.push({ path: [...this.#path], error, remedy, ...(value !== undefined && { value }) });
  }

  #mismatch(value: unknown, goType: string, remedy: string): void {
    this.#report(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType}`, remedy);
  }

  #below(segment: string | number, value: unknown, type: GoType): void {
    this.#path.push(segment);
    if (this.#path.length > MAX_DEPTH && typeof value === 'object')
      this.#report(undefined, `nest it at most ${MAX_DEPTH} levels deep`);
    else this.visit(value, type);
    this.#path.pop();
  }

  #number(value: unknown, type: 'int32' | 'int64'): void {
    const [least, most] = RANGES[type];
    const remedy = `write a whole number from ${BigInt(least)} to ${BigInt(most)}`;
    if (typeof value !== 'number') this.#mismatch(value, type, remedy);
    else if (!Number.isInteger(value) || value < least || value > most)
      this.#report(
        `json: cannot unmarshal number ${value} into Go value of type ${type}`,
        remedy,
        `${value}`,
      );
  }

  #duration(value: unknown): void {
    const remedy = 'write a duration such as 90s, 10m or 24h';
    const parsed = typeof value === 'string' ? parseGoDuration(value) : undefined;
    if (parsed === undefined) this.#mismatch(value, 'string', remedy);
    else if (!parsed.ok) this.#report(parsed.error, remedy, String(value));
  }

  #text(value: unknown): void {
    if (typeof value !== 'string')
      this.#mismatch(value, 'string', 'write a text, in quotes if it looks like a number');
  }

  #boolean(value: unknown): void {
    if (typeof value !== 'boolean') this.#mismatch(value, 'bool', 'write true or false, without quotes');
  }

  /** Kubernetes reads a number as its digits, and an empty text as 0. */
  #quantity(value: unknown): void {
    const remedy = 'write a Kubernetes quantity such as 500m, 64Mi or 10Gi';
    if (typeof value !== 'string' && typeof value !== 'number')
      this.#mismatch(value, 'resource.Quantity', remedy);
    else if (value !== '' && !isQuantity(String(value)))
      this.#report('quantities must match the regular expression of Kubernetes', remedy, String(value));
  }

  #members(value: unknown, typeOf: (key: string) => GoType | undefined): void {
    if (!isRecord(value)) {
      this.#mismatch(value, 'map[string]interface {}', 'write a map of fields');
      return;
    }
    for (const key of Object.keys(value)) {
      const type = typeOf(key);
      if (type !== undefined) this.#below(key, value[key], type);
    }
  }

  #items(value: unknown, type: GoType): void {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) this.#below(index, item, type);
    else this.#mismatch(value, '[]interface {}', 'write a list');
  }

  /** Go takes `null` for the zero value of every type. */
  visit(value: unknown, type: GoType): void {
    if (value === undefined || this.problems.length >= MAX_PROBLEMS) return;
    if (value === null && type !== 'setDuration') return;
    if (typeof type === 'function') this.visit(value, type());
    else if (type === 'duration' || type === 'setDuration') this.#duration(value ?? '');
    else if (type === 'int32' || type === 'int64') this.#number(value, type);
    else if (type === 'string') this.#text(value);
    else if (type === 'bool') this.#boolean(value);
    else if (type === 'quantity') this.#quantity(value);
    else if (type === 'object') this.#members(value, () => undefined);
    else if ('list' in type) this.#items(value, type.list);
    else if ('mapOf' in type) this.#members(value, () => type.mapOf);
    else this.#members(value, (key) => (Object.hasOwn(type.fields, key) ? type.fields[key] : undefined));
  }
}

/**
 * What Go cannot decode of a JSON value into a type, in the order of the value; at most 20 problems. Pure; never throws.
 */
export function decodingProblems(value: unknown, type: GoType): readonly DecodingProblem[] {
  const walk = new Walk();
  walk.visit(value, type);
  return walk.problems;
}
