import { type FSWatcher, watch } from 'node:fs';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { type Pair, type PairRead, readPair } from './pair.ts';
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
  /** Milliseconds from the last event of the folder to the look; a setting for tests. */
  readonly settle?: number;
}

/**
 * Watches a certificate folder and hands out each good pair. Whatever else appears there (half-written, mismatched,
 * expired, gone) leaves the last good one in use, and is logged and counted once per change. One whose time has not come
 * is used only where there is no good one, and judged anew at each look.
 */
export class Certificates {
  readonly #deps: CertificateDeps;
  #served: Pair | undefined;
  /** True while what is served was not yet valid when it was taken, for want of a good one. */
  #early = false;
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
    const now = this.#deps.now();
    if (this.#served.notBefore > now)
      return `the served certificate is not valid before ${this.#served.notBefore.toISOString()}; is a clock wrong?`;
    if (this.#served.notAfter <= now)
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
      const { folder, settle = TIMING.certificateSettle } = this.#deps;
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(this.#settle);
        this.#settle = setTimeout(() => void this.refresh(), settle).unref();
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
    const { folder, now, log, metrics } = this.#deps;
    const read = await readPair(folder, now());
    if (this.#stopped) return;
    const fingerprint = read.ok ? read.pair.fingerprint : read.fingerprint;
    if (fingerprint === this.#seen) return;
    this.#seen = fingerprint;
    if (read.ok && !this.#early && fingerprint === this.#served?.fingerprint) {
      log.info({ folder }, 'the certificate in the folder is again the one that is served');
      return;
    }
    if (!read.ok) {
      const early = this.#served === undefined || this.#early ? read.early : undefined;
      if (early === undefined) this.#keep(read, false);
      else if (this.#take(early, true)) this.#keep(read, true);
      return;
    }
    if (!this.#take(read.pair, false)) return;
    metrics.reload('loaded');
    const { notBefore, notAfter } = read.pair;
    log.info({ folder, notBefore, notAfter }, 'certificate loaded');
  }

  /** Serves a pair from now on; false when the TLS library refuses it, which is then logged and counted. */
  #take(pair: Pair, early: boolean): boolean {
    const { metrics, use } = this.#deps;
    try {
      use(pair);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      this.#keep({ outcome: 'broken', problem: `the TLS library refuses the pair (${code})` }, false);
      return false;
    }
    this.#served = pair;
    this.#early = early;
    metrics.certificateExpiry(pair.notAfter);
    return true;
  }

  #keep({ outcome, problem }: Pick<PairRead & { ok: false }, 'outcome' | 'problem'>, taken: boolean): void {
    const { folder, log, metrics } = this.#deps;
    this.#problem = problem;
    metrics.reload(outcome);
    const kept = this.#served ? 'the last good one stays' : 'waiting for one';
    log.warn(
      { folder, outcome, problem, servedUntil: this.#served?.notAfter },
      taken ? 'certificate served before its time, for want of another' : `certificate not loaded; ${kept}`,
    );
  }
}
