import * as z from 'zod';

/** True if the schema would accept the value unchanged. False means unknown: ask the schema. */
export type Accepts = (value: unknown) => boolean;

/** The predicates of schemas whose definition does not show what they accept, e.g. one with a refinement. */
export const acceptedBy = z.registry<{ readonly accepts: Accepts }>();

const NOTHING: Accepts = () => false;

function acceptsText(checks: readonly z.core.$ZodCheck<string>[]): Accepts {
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const { _zod } of checks) {
    const def = _zod.def as z.core.$ZodChecks['_zod']['def'];
    if (def.check === 'max_length') most = Math.min(most, def.maximum);
    else if (def.check === 'min_length') least = Math.max(least, def.minimum);
    else return NOTHING;
  }
  return (value) => typeof value === 'string' && value.length >= least && value.length <= most;
}

function acceptsFields(shape: Readonly<Record<string, z.core.$ZodType>>): Accepts {
  const names = Object.keys(shape);
  const fields = Object.values(shape).map(acceptsOf);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    for (let index = 0; index < names.length; index++)
      if (!fields[index]?.(object[names[index] ?? ''])) return false;
    return true;
  };
}

/**
 * A predicate made from a schema, of the kinds that describe Kubernetes objects here. It reads the value where it is; zod
 * copies it, with an object for each field of each field. What the predicate does not know it does not accept, so only zod
 * refuses a value, and says why. Measured beside zod alone, on a busy machine: a create takes 13 % less CPU, an update 10 %.
 */
export function acceptsOf(schema: z.core.$ZodType): Accepts {
  const described = acceptedBy.get(schema);
  if (described) return described.accepts;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'string') return 'format' in def ? NOTHING : acceptsText(def.checks ?? []);
  if (def.checks?.length || 'format' in def) return NOTHING;
  switch (def.type) {
    case 'unknown':
      return () => true;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'number':
      return Number.isFinite;
    case 'enum': {
      const choice = new Set<unknown>(Object.values(def.entries));
      return (value) => choice.has(value);
    }
    case 'optional': {
      const inner = acceptsOf(def.innerType);
      return (value) => value === undefined || inner(value);
    }
    case 'nullable': {
      const inner = acceptsOf(def.innerType);
      return (value) => value === null || inner(value);
    }
    case 'object':
      return def.catchall && def.catchall._zod.def.type !== 'unknown' ? NOTHING : acceptsFields(def.shape);
    case 'custom':
      return (value) => def.fn(value) === true;
    default:
      return NOTHING;
  }
}

/** Reads an untrusted value. */
export type Parser<T> = Pick<z.ZodType<T>, 'safeParse'>;

/**
 * A schema that is asked only when {@link acceptsOf} does not accept the value. An accepted value is returned itself: not a
 * copy, and with the fields that the schema does not name.
 */
export function quick<T>(schema: z.ZodType<T>): Parser<T> {
  const accepts = acceptsOf(schema);
  return {
    safeParse: (value, params) =>
      accepts(value) ? { success: true, data: value as T } : schema.safeParse(value, params),
  };
}
