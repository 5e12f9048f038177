import type { Counter } from 'prom-client';
import { oneAtATime } from '../../concurrency/oneAtATime.ts';
import { ClientCaError, readClientCa } from '../callers/clientCertificates.ts';
import { TIMING } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../metrics/meter.ts';
import { type Pair, type PairRead, RELOAD_OUTCOMES, readPair } from './pair.ts';

/** What the watcher of certificate files needs. */
export interface CertWatcherDeps {
  /** The folder of the serving pair. */
  readonly folder: string;
  /** What callers' certificates are verified with, and the file that it came from, which is read again. */
  readonly clientCa: { readonly ca: Buffer; readonly file: string } | undefined;
  readonly log: Log;
  readonly meter: Meter;
  readonly now: () => Date;
  /** Serves with these from now on. When it throws, what was new in them counts as broken. */
  readonly use: (pair: Pair | undefined, clientCa: Buffer | undefined) => void;
  /** Milliseconds between two reads. */
  readonly poll: number;
}

/**
 * Reads the serving pair and the client CA again and again, and serves each new good version. A bad version (half-written,
 * mismatched, expired, not yet valid, gone) leaves the last good one in use, and is logged and counted once.
 */
export class CertWatcher {
  readonly #deps: CertWatcherDeps;
  readonly #reloads: Counter<'outcome'>;
  #served: Pair | undefined;
  /** What was judged last. */
  #seen: PairRead | undefined;
  #clientCa: Buffer | undefined;
  #clientCaProblem: string | undefined;
  #timers: NodeJS.Timeout[] = [];
  #stopped = false;

  constructor(deps: CertWatcherDeps) {
    this.#deps = deps;
    this.#clientCa = deps.clientCa?.ca;
    this.#reloads = deps.meter.counter(
      'certificate_reloads_total',
      'Changes of the certificate folder, by what became of them; all but "loaded" keep the last good pair.',
      'outcome',
    );
    for (const outcome of RELOAD_OUTCOMES) this.#reloads.inc({ outcome }, 0);
    deps.meter.gauge(
      'certificate_expiry_timestamp_seconds',
      'When the served certificate expires, in seconds since 1970; 0 while there is none.',
      () => (this.#served?.notAfter.getTime() ?? 0) / 1_000,
    );
  }

  /** Why callers cannot accept the served certificate; undefined when they can. */
  notReady(): string | undefined {
    if (!this.#served) return `no certificate yet: ${this.#seen?.problem ?? 'not read yet'}`;
    const { notAfter } = this.#served;
    return notAfter <= this.#deps.now()
      ? `the served certificate expired at ${notAfter.toISOString()}`
      : undefined;
  }

  /** Reads once, then again and again until {@link CertWatcher.stop}. */
  async start(): Promise<void> {
    const { log, folder, poll } = this.#deps;
    await this.refresh();
    if (this.#stopped) return;
    const remind = () => {
      const problem = this.notReady();
      if (problem) log.warn({ folder, problem }, 'waiting for a usable certificate');
    };
    this.#timers.push(
      setInterval(() => void this.refresh(), poll).unref(),
      setInterval(remind, TIMING.certificateReminder).unref(),
    );
  }

  /** Reads now, or waits for the read that is under way. Never rejects. */
  readonly refresh = oneAtATime(() => this.#read());

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #read(): Promise<void> {
    const { folder, now, clientCa } = this.#deps;
    const before = this.#seen;
    // A certificate that is not valid yet becomes valid without a change of its file, so it is judged again.
    const waits = before?.outcome === 'not-yet-valid';
    const read = await readPair(folder, now(), waits ? undefined : before?.fingerprint);
    const isNew = read?.fingerprint !== before?.fingerprint || read?.outcome !== before?.outcome;
    if (read && isNew && !this.#stopped) this.#judge(read);
    if (clientCa) await this.#readClientCa(clientCa.file);
  }

  #judge(read: PairRead): void {
    const { folder, log } = this.#deps;
    if (read.outcome === 'loaded' && read.fingerprint === this.#served?.fingerprint) {
      this.#seen = read;
      log.info({ folder }, 'the certificate in the folder is again the one that is served');
    } else this.#note(this.#tried(read));
  }

  /** Serves a good pair. Returns what was read; a pair that the TLS library refuses is returned as a broken one. */
  #tried(read: PairRead): PairRead {
    if (read.outcome !== 'loaded') return read;
    try {
      this.#deps.use(read, this.#clientCa);
      this.#served = read;
      return read;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      const problem = `the TLS library refuses the pair (${code})`;
      return { outcome: 'broken', problem, fingerprint: read.fingerprint };
    }
  }

  #note(seen: PairRead): void {
    const { folder, log } = this.#deps;
    const { outcome, problem } = seen;
    this.#seen = seen;
    this.#reloads.inc({ outcome });
    if (seen.outcome === 'loaded') {
      const { notBefore, notAfter } = seen;
      log.info({ folder, notBefore, notAfter }, 'certificate loaded');
    } else {
      const kept = this.#served ? 'the last good one stays' : 'waiting for one';
      const servedUntil = this.#served?.notAfter;
      log.warn({ folder, outcome, problem, servedUntil }, `certificate not loaded; ${kept}`);
    }
  }

  async #readClientCa(file: string): Promise<void> {
    const { log, use } = this.#deps;
    try {
      const ca = await readClientCa(file);
      const changed = this.#clientCa === undefined || !ca.equals(this.#clientCa);
      if (changed) use(this.#served, ca);
      if (changed || this.#clientCaProblem !== undefined) log.info({ file }, 'client CA loaded');
      this.#clientCa = ca;
      this.#clientCaProblem = undefined;
    } catch (error) {
      const problem = error instanceof ClientCaError ? error.message : 'the TLS library refuses it';
      if (problem === this.#clientCaProblem) return;
      this.#clientCaProblem = problem;
      log.warn({ file, problem }, 'client CA not loaded; the last good one stays');
    }
  }
}
