/** A duration in nanoseconds, or the error of Go's `time.ParseDuration`. */
export type ParsedDuration =
  | { readonly ok: true; readonly nanoseconds: bigint }
  | { readonly ok: false; readonly error: string };

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
/** A number with its unit; the unit is everything up to the next digit or point. */
const PART = /^(\d*)(?:\.(\d*))?([^\d.]*)/;
const MAX_INT64 = 2n ** 63n;
/** No honest duration is longer, and a text of a megabyte must not become a number. */
const MAX_LENGTH = 100;

/** In double quotes, as Go prints it; the error goes through `oneLine` before it is shown. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MAX_LENGTH));
}

function fail(error: string): ParsedDuration {
  return { ok: false, error };
}

/** A fraction of a unit, cut to whole nanoseconds as Go does. */
function fractionOf(digits: string, unit: bigint): bigint {
  return digits === '' ? 0n : (BigInt(digits) * unit) / 10n ** BigInt(digits.length);
}

/**
 * Parses a duration such as `1h30m` or `-1.5s` exactly as Go's `time.ParseDuration` does, errors included.
 * Source: Go, time/format.go.
 */
export function parseGoDuration(text: string): ParsedDuration {
  const invalid = fail(`time: invalid duration ${quoted(text)}`);
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') return { ok: true, nanoseconds: 0n };
  if (rest === '' || text.length > MAX_LENGTH) return invalid;
  let total = 0n;
  while (rest !== '') {
    const [part = '', whole = '', fraction = '', unit = ''] = PART.exec(rest) ?? [];
    if (whole === '' && fraction === '') return invalid;
    if (unit === '') return fail(`time: missing unit in duration ${quoted(text)}`);
    const scale = UNITS.get(unit);
    if (scale === undefined) return fail(`time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`);
    total += BigInt(whole || '0') * scale + fractionOf(fraction, scale);
    if (total > MAX_INT64) return invalid;
    rest = rest.slice(part.length);
  }
  if (text.startsWith('-')) return { ok: true, nanoseconds: -total };
  return total === MAX_INT64 ? invalid : { ok: true, nanoseconds: total };
}

/** A duration such as `10s` or `1m30s`, as {@link parseGoDuration} reads it, in milliseconds; undefined when it is not one or negative. */
export function parseDuration(text: string): number | undefined {
  const parsed = parseGoDuration(text);
  return parsed.ok && parsed.nanoseconds >= 0n ? Number(parsed.nanoseconds) / 1e6 : undefined;
}
