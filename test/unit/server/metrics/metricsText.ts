/** One line of a metrics page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with everything that its lines say. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const VALUE = /^(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|[-+]?Inf|NaN)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};
const UNESCAPED: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole, name, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined)
      throw new Error(`bad labels: ${line}`);
    if (Object.hasOwn(labels, name)) throw new Error(`a label twice: ${line}`);
    labels[name] = value.replace(/\\[n"\\]/g, (pair) => UNESCAPED[pair] ?? pair);
    rest = rest.slice(whole.length);
  }
  return labels;
}

function readSample(line: string): Sample {
  const [, name = '', , labels = '', value = ''] = /^([^\s{]+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (!METRIC_NAME.test(name)) throw new Error(`no sample: ${line}`);
  if (!VALUE.test(value)) throw new Error(`no number: ${line}`);
  const number = /inf/i.test(value)
    ? (value.startsWith('-') ? -1 : 1) * Number.POSITIVE_INFINITY
    : Number(value);
  return { name, labels: readLabels(labels, line), value: number };
}

/**
 * Reads a page of the Prometheus text format 0.0.4 as strictly as promtool: HELP and TYPE before the samples, once each;
 * all samples of a family together; no series twice. @throws with the line that is wrong.
 */
export function readMetrics(text: string): readonly Family[] {
  if (!text.endsWith('\n')) throw new Error('the page does not end with a newline');
  const families = new Map<string, { name: string; help: string; type: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current: { name: string; help: string; type: string; samples: Sample[] } | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name) || !METRIC_NAME.test(name)) throw new Error(`not the first HELP: ${line}`);
      current = { name, help: rest, type: '', samples: [] };
      families.set(name, current);
    } else if (keyword === 'TYPE') {
      if (current?.name !== name || current.type !== '' || current.samples.length > 0)
        throw new Error(`TYPE out of place: ${line}`);
      current.type = rest;
    } else {
      const sample = readSample(line);
      const suffixes = SUFFIXES[current?.type ?? ''] ?? [''];
      if (!current?.type || !suffixes.some((suffix) => sample.name === `${current?.name}${suffix}`))
        throw new Error(`a sample outside of its family: ${line}`);
      const series = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(series)) throw new Error(`a series twice: ${line}`);
      seen.add(series);
      current.samples.push(sample);
    }
  }
  return [...families.values()];
}

/** What promtool would say about names and types; empty when nothing. */
export function lint(family: Family): readonly string[] {
  const { name, type, samples } = family;
  const problems: string[] = [];
  if (!['counter', 'gauge', 'histogram', 'summary'].includes(type)) problems.push(`${name}: type ${type}`);
  if ((type === 'counter') !== name.endsWith('_total')) problems.push(`${name}: a ${type} and its suffix`);
  if (/(_bucket|_count|_sum)$/.test(name)) problems.push(`${name}: a reserved suffix`);
  if (/_(milliseconds|ms|kilobytes|minutes|hours)(_|$)/.test(name)) problems.push(`${name}: not a base unit`);
  if (/[A-Z]/.test(name)) problems.push(`${name}: upper case`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) problems.push(`${name}: below zero`);
  if (type === 'histogram') problems.push(...lintHistogram(family));
  return problems;
}

function lintHistogram({ name, samples }: Family): readonly string[] {
  const problems: string[] = [];
  const keyOf = ({ le: _le, ...labels }: Readonly<Record<string, string>>) => JSON.stringify(labels);
  for (const key of new Set(samples.map(({ labels }) => keyOf(labels)))) {
    const mine = samples.filter(({ labels }) => keyOf(labels) === key);
    const buckets = mine.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) =>
      labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le),
    );
    const rises = (values: readonly number[], strictly: boolean) =>
      values.every(
        (value, i) => i === 0 || (strictly ? value > (values[i - 1] ?? 0) : value >= (values[i - 1] ?? 0)),
      );
    if (!rises(bounds, true)) problems.push(`${name}: buckets out of order`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) problems.push(`${name}: no bucket +Inf`);
    if (
      !rises(
        buckets.map(({ value }) => value),
        false,
      )
    )
      problems.push(`${name}: buckets are not cumulative`);
    const count = mine.find((sample) => sample.name === `${name}_count`)?.value;
    if (count !== buckets.at(-1)?.value) problems.push(`${name}: the count is not that of +Inf`);
    if (!mine.some((sample) => sample.name === `${name}_sum`)) problems.push(`${name}: no sum`);
  }
  return problems;
}
