import { type FSWatcher, watch } from 'node:fs';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { type Pair, readPair } from './pair.ts';
import { TIMING } from './timing.ts';

/** What the keeper of certificates needs. */
export interface CertificateDeps {
  readonly folder: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'reload' | 'certificateExpiry'>;
  readonly now: () => Date;
  /** Called with each new good pair. One that throws counts as a broken pair: the one before stays. */
  readonly use: (pair: Pair) => void;
  /** Milliseconds between two looks; a setting for tests. */
  readonly poll?: number;
}

/**
 * Watches a certificate folder and hands out each good pair. Whatever else appears there (half-written, mismatched,
 * expired, gone) leaves the last good one in use, and is logged and counted once per change.
 */
export class Certificates {
  readonly #deps: CertificateDeps;
  #served: Pair | undefined;
  #seen: string | undefined;
  #problem: string | undefined;
  #watcher: FSWatcher | undefined;
  #timers: NodeJS.Timeout[] = [];
  #settle: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: CertificateDeps) {
    this.#deps = deps;
  }

  /** The pair in use. */
  get served(): Pair | undefined {
    return this.#served;
  }

  /** Undefined when a certificate is served that callers can accept; else why not. */
  notReady(): string | undefined {
    if (!this.#served) return `no certificate yet: ${this.#problem ?? 'not read yet'}`;
    if (this.#served.notAfter <= this.#deps.now())
      return `the served certificate expired at ${this.#served.notAfter.toISOString()}`;
    return undefined;
  }

  /** Reads the folder once, then keeps watching it until {@link Certificates.stop}. */
  async start(): Promise<void> {
    const { log, folder, poll = TIMING.certificatePoll } = this.#deps;
    this.#deps.metrics.certificateExpiry(undefined);
    await this.refresh();
    if (this.#stopped) return;
    this.#watch();
    this.#timers.push(
      setInterval(() => {
        // A watcher of a folder that was replaced hears nothing more; the poll makes up for it.
        if (!this.#watcher) this.#watch();
        void this.refresh();
      }, poll).unref(),
      setInterval(() => {
        const problem = this.notReady();
        if (problem) log.warn({ folder, problem }, 'waiting for a usable certificate');
      }, TIMING.certificateReminder).unref(),
    );
  }

  /** Looks at the folder now; one look at a time. Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#settle);
    this.#watcher?.close();
  }

  #watch(): void {
    try {
      const watcher = watch(this.#deps.folder, { persistent: false }, () => {
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => void this.refresh(), TIMING.certificateSettle).unref();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = undefined;
      });
      this.#watcher = watcher;
    } catch {
      // The folder is not there yet, or cannot be watched: the poll sees what happens in it.
      this.#watcher = undefined;
    }
  }

  async #read(): Promise<void> {
    const { folder, now, log, metrics, use } = this.#deps;
    const read = await readPair(folder, now());
    if (this.#stopped) return;
    const fingerprint = read.ok ? read.pair.fingerprint : read.fingerprint;
    if (fingerprint === this.#seen) return;
    this.#seen = fingerprint;
    if (read.ok && fingerprint === this.#served?.fingerprint) {
      log.info({ folder }, 'the certificate in the folder is again the one that is served');
      return;
    }
    if (!read.ok) return this.#keep(read.outcome, read.problem);
    try {
      use(read.pair);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      return this.#keep('broken', `the TLS library refuses the pair (${code})`);
    }
    this.#served = read.pair;
    metrics.reload('loaded');
    metrics.certificateExpiry(read.pair.notAfter);
    const { notBefore, notAfter } = read.pair;
    if (notBefore > now())
      log.warn({ folder, notBefore }, 'the certificate is not valid yet; is a clock wrong?');
    log.info({ folder, notBefore, notAfter }, 'certificate loaded');
  }

  #keep(outcome: 'missing' | 'broken' | 'mismatched' | 'expired', problem: string): void {
    const { folder, log, metrics } = this.#deps;
    this.#problem = problem;
    metrics.reload(outcome);
    log.warn(
      { folder, outcome, problem, servedUntil: this.#served?.notAfter },
      this.#served
        ? 'certificate not loaded; the last good one stays'
        : 'certificate not loaded; waiting for one',
    );
  }
}
