import type { BenchCase } from './cases.ts';
import type { ProcessFigures } from './processes.ts';

/**
 * One case on one server at half of the highest rate of the slowest webhook, the bare server included: at full speed the
 * bare one never waits for its caller, so its caches stay warm and waking nobody costs nothing. Medians of some runs.
 */
export interface HalfRate {
  readonly cpu: number;
  readonly ratio: number;
  readonly p99: number;
  readonly loopMax: number;
}

/** One case on one server; medians over the rounds. Times of latencies in milliseconds, memory in bytes. */
export interface Figures {
  readonly case: string;
  readonly server: string;
  /** CPU microseconds per review, user and system. */
  readonly cpu: number;
  /** `cpu` as a multiple of the bare server's in the same run. */
  readonly ratio: number;
  /** The middle half of the rounds' ratios. */
  readonly ratioRange: readonly [number, number];
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly halfRate?: HalfRate;
  readonly rss: number;
}

export interface StartFigures {
  readonly server: string;
  readonly listeningMs: number;
  readonly readyMs: number;
  readonly rss: number;
  /** How long the event loop was blocked at most while everything was listed again, milliseconds. */
  readonly relistBlock: number;
}

export interface Report {
  readonly node: string;
  readonly cpus: number;
  readonly rounds: number;
  readonly starts: readonly StartFigures[];
  readonly figures: readonly Figures[];
  readonly processes: ProcessFigures | undefined;
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const MIB = 1_048_576;

function processText({ processes }: Report): string {
  if (!processes) return '';
  const { one, two, rssOne, rssTwo } = processes;
  const memory = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
  return `${processes.case}: one process ${one.toFixed(0)}/s with ${memory(rssOne)}, two ${two.toFixed(0)}/s with ${memory(rssTwo)} (${(two / one).toFixed(2)} times)`;
}

/** The tables that a person reads. */
export function reportText(report: Report, cases: readonly BenchCase[]): string {
  const starts = [
    ['server', '', 'listening ms', 'ready ms', 'RSS MiB', 'relist: longest block ms'],
    ...report.starts.map((start) => [
      start.server,
      '',
      start.listeningMs.toFixed(0),
      start.readyMs.toFixed(0),
      (start.rss / MIB).toFixed(0),
      start.relistBlock.toFixed(1),
    ]),
  ];
  const rows = [
    [
      'case',
      'server',
      'CPU µs',
      'ratio',
      'range',
      'target',
      '1/s',
      'p50 ms',
      'p99',
      'p99.9',
      'half rate: ratio',
      'p99',
      'loop',
      'RSS MiB',
    ],
    ...report.figures.map((figures) => {
      const target = cases.find(({ name }) => name === figures.case)?.target;
      const bare = figures.server === 'bare';
      return [
        figures.case,
        figures.server,
        figures.cpu.toFixed(0),
        bare ? '1' : figures.ratio.toFixed(2),
        bare ? '' : figures.ratioRange.map((ratio) => ratio.toFixed(2)).join('–'),
        bare || target === undefined ? '' : `${figures.ratio <= target ? '≤' : 'OVER'} ${target}`,
        figures.perSecond.toFixed(0),
        figures.p50.toFixed(2),
        figures.p99.toFixed(2),
        figures.p999.toFixed(2),
        bare ? '' : (figures.halfRate?.ratio.toFixed(2) ?? ''),
        figures.halfRate?.p99.toFixed(2) ?? '',
        figures.halfRate?.loopMax.toFixed(1) ?? '',
        (figures.rss / MIB).toFixed(0),
      ];
    }),
  ];
  const head = `Node ${report.node}, ${report.cpus} cores, medians of ${report.rounds} rounds`;
  const parts = [head, report.starts.length > 0 ? table(starts) : '', table(rows), processText(report)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
