import type { Catalog } from '../../catalog/catalog.ts';
import { slices } from '../../concurrency/slices.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { Log } from '../../server/log.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import { findingsReport, presentCounts, worstObjects } from '../../stored/report.ts';
import { StoredScan } from '../../stored/scan.ts';

/** Milliseconds between two log lines about what is stored. */
const LOG_INTERVAL = 3_600_000;
/** Rules and objects in such a line. */
const MAX_LOGGED = 10;
/** Milliseconds for which an answer of `/findings` stays: whoever asks more often costs nothing. */
const REPORT_AGE = 10_000;

export interface StoredFindingsDeps {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The findings of stored objects, for the metrics, the log and `/findings`. */
export class StoredFindings {
  readonly scan: StoredScan;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #report: { readonly madeAt: number; readonly text: Promise<string> } | undefined;

  constructor({ log, metrics }: StoredFindingsDeps) {
    this.scan = new StoredScan({ now: () => new Date() });
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Begins when the catalog is complete. Called before the catalog reads anything. */
  async start(catalog: Catalog, policy: Policy): Promise<void> {
    const { signal } = this.#stopped;
    this.scan.use(policy);
    if (catalog.readiness && !(await catalog.readiness.wait(signal))) return;
    this.#addGauges();
    this.scan.start(catalog, () => this.#logHourly());
  }

  #addGauges(): void {
    const { meter } = this.#metrics;
    meter.gauges(
      'stored_findings',
      'Findings of the objects that the catalog holds, judged as if they were applied now, by rule and level.',
      ['rule', 'level'],
      () => [...this.scan.counts()].map(({ rule, level, count }) => [{ rule, level }, count] as const),
    );
    meter.gauge('stored_findings_pending', 'Whether changes of stored objects are not judged yet.', () =>
      Number(this.scan.pending),
    );
  }

  stop(): void {
    this.#stopped.abort();
    clearInterval(this.#timer);
    this.scan.stop();
  }

  /** The body of `/findings`. */
  readonly report = (): Promise<string> => {
    const now = performance.now();
    if (this.#report === undefined || now - this.#report.madeAt > REPORT_AGE)
      this.#report = { madeAt: now, text: this.#makeReport() };
    return this.#report.text;
  };

  async #makeReport(): Promise<string> {
    return `${JSON.stringify(await findingsReport(this.scan, slices()), null, 2)}\n`;
  }

  /** Logs when all is judged for the first time, and then every hour, when all is judged again. */
  #logHourly(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#logWorst();
      this.scan.again();
    }, LOG_INTERVAL).unref();
    this.#logWorst();
  }

  #logWorst(): void {
    const rules = presentCounts(this.scan);
    this.#log.info(
      {
        findings: rules.reduce((total, { count }) => total + count, 0),
        rules: rules.slice(0, MAX_LOGGED),
        worst: worstObjects(this.scan, MAX_LOGGED).map(({ ref: { kind, namespace, name }, counts }) => ({
          kind,
          namespace,
          name,
          rules: counts.slice(0, MAX_LOGGED).map(({ rule }) => rule),
        })),
      },
      'findings of stored objects',
    );
  }
}
