const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** The longest duration of Go, 2^63 - 1 nanoseconds: some 292 years. */
const LONGEST = 2 ** 63;

/**
 * The nanoseconds of a duration as Go writes it (`30s`, `1h30m`, `-1.5s`, `0`); undefined for everything else. Exact
 * enough to compare, not to count nanoseconds of years. Source: `time.ParseDuration`.
 */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = text.replace(/^[-+]/, '');
  if (rest === '0') return 0;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const part = PART.exec(rest);
    if (!part) return undefined;
    total += Number(part[1]) * (UNITS[part[2] ?? ''] ?? 0);
  }
  return rest === '' || total >= LONGEST ? undefined : sign * total;
}
