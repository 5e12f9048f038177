import type { Change } from '../../../src/rotation/nextStep.ts';
import { type Cluster, rotate } from '../../../src/rotation/rotate.ts';
import type { Authority, Configuration, Leaf, State } from '../../../src/rotation/state.ts';

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;
export const GRACE = DAY;
const SETTLE = 10 * SECOND;
/** The longest time until an API server knows of a changed configuration; less than the rotation waits. */
const LAG = 9 * SECOND;
/** The longest time until a kubelet brings a changed Secret into a Pod; less than the grace time. */
const KUBELET = 90 * SECOND;

/** Somewhere a copy of something in the store is, and since when the copy is old. */
interface Copy<T> {
  seen: T;
  oldSince: number | undefined;
}

interface Turn {
  readonly run: number;
  /** The earliest time. */
  readonly from: number;
  readonly go: () => void;
}

const KINDS = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const;

/**
 * A simulated cluster: a store with versions, API servers and kubelets that see changes late, and runs of `rotate`, each of which
 * stops before every read and write until the test lets it go on.
 */
export class World {
  now = Date.parse('2026-01-01T00:00:00Z');
  #version = 1;
  #names = 0;
  #runs = 0;
  #secret: State['secret'] = { version: '1', authorities: [], canSign: false, leaf: undefined };
  #configurations: readonly Configuration[] = KINDS.map((kind) => ({
    kind,
    version: '1',
    trusted: new Map([['webhook', []]]),
  }));
  readonly #apiServers: Copy<readonly string[]>[] = KINDS.map(() => ({ seen: [], oldSince: undefined }));
  readonly #replicas: Copy<Leaf | undefined>[] = [0, 1].map(() => ({ seen: undefined, oldSince: undefined }));
  #turns: Turn[] = [];

  /** Replicas that serve a certificate which some API server does not trust. */
  get untrusted(): readonly string[] {
    return this.#replicas.flatMap(({ seen }) =>
      this.#apiServers
        .filter((view) => seen !== undefined && !view.seen.includes(seen.issuer ?? ''))
        .map((view) => `served: ${seen?.issuer}, trusted: ${view.seen.join()}`),
    );
  }

  get secret(): State['secret'] {
    return this.#secret;
  }

  get trusted(): readonly string[] {
    return this.#configurations.flatMap(({ trusted }) => [...trusted.values()].flat());
  }

  #ready(): Turn[] {
    return this.#turns.filter(({ from }) => from <= this.now);
  }

  #turn(run: number, from = 0): Promise<void> {
    return new Promise((go) => this.#turns.push({ run, from, go }));
  }

  /** Starts a run; it ends when it has nothing more to do, or never when it is killed. */
  start(renew?: 'ca' | 'leaf'): void {
    this.#run(renew).catch(() => {});
  }

  #run(renew?: 'ca' | 'leaf'): Promise<unknown> {
    const run = ++this.#runs;
    return rotate({
      cluster: this.#cluster(run),
      now: () => new Date(this.now),
      grace: GRACE,
      settle: SETTLE,
      renew,
      wait: (ms) => this.#turn(run, this.now + ms),
      report: async () => {},
    });
  }

  #runAt(index: number): number | undefined {
    const runs = [...new Set(this.#turns.map(({ run }) => run))].sort((a, b) => a - b);
    return runs[index % Math.max(1, runs.length)];
  }

  /** Lets one run do its next reads and writes, as far as it need not wait. */
  async goOn(index: number, times: number): Promise<void> {
    const run = this.#runAt(index);
    for (let time = 0; time < times; time++) {
      const turn = this.#ready().find((one) => one.run === run);
      if (!turn) return;
      this.#turns = this.#turns.filter((other) => other !== turn);
      turn.go();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Kills one run where it stands. */
  kill(index: number): void {
    const run = this.#runAt(index);
    this.#turns = this.#turns.filter((turn) => turn.run !== run);
  }

  /** Lets time pass. Copies that are as late as they can be become current. */
  pass(ms: number): void {
    const overdue = ({ oldSince }: Copy<unknown>, most: number) =>
      oldSince !== undefined && this.now + ms >= oldSince + most;
    for (const [index, view] of this.#apiServers.entries()) if (overdue(view, LAG)) this.hearApiServer(index);
    for (const [index, replica] of this.#replicas.entries())
      if (overdue(replica, KUBELET)) this.syncKubelet(index);
    this.now += ms;
  }

  hearApiServer(index: number): void {
    const configuration = this.#configurations[index];
    if (configuration)
      this.#apiServers[index] = { seen: [...configuration.trusted.values()].flat(), oldSince: undefined };
  }

  syncKubelet(index: number): void {
    this.#replicas[index] = { seen: this.#secret.leaf, oldSince: undefined };
  }

  /** Runs one rotation to its end, alone. */
  async finish(): Promise<void> {
    this.#turns = [];
    let ended = false;
    const run = this.#run().finally(() => {
      ended = true;
    });
    while (!ended) {
      await this.goOn(0, 1);
      if (!ended && this.#ready().length === 0) this.pass(SECOND);
    }
    await run;
  }

  #cluster(run: number): Cluster {
    return {
      configurations: async () => {
        await this.#turn(run);
        return this.#configurations;
      },
      secret: async () => {
        await this.#turn(run);
        return this.#secret;
      },
      make: async (change, state) => {
        await this.#turn(run);
        return change.do === 'trust' ? this.#trust(change) : this.#store(change, state);
      },
    };
  }

  #trust({ configuration, authorities }: Extract<Change, { do: 'trust' }>): boolean {
    const index = KINDS.indexOf(configuration.kind);
    if (this.#configurations[index]?.version !== configuration.version) return false;
    const trusted = new Map([...configuration.trusted.keys()].map((name) => [name, authorities]));
    const changed = { kind: configuration.kind, version: String(++this.#version), trusted };
    this.#configurations = this.#configurations.with(index, changed);
    const view = this.#apiServers[index];
    if (view) view.oldSince ??= this.now;
    return true;
  }

  #store(change: Change, { secret }: State): boolean {
    if (this.#secret.version !== secret.version) return false;
    const version = String(++this.#version);
    const at = new Date(this.now);
    if (change.do === 'make-authority') {
      const made: Authority = {
        pem: `ca-${++this.#names}`,
        notBefore: at,
        notAfter: new Date(this.now + 3_650 * DAY),
      };
      this.#secret = { ...secret, version, canSign: true, authorities: [made, ...secret.authorities] };
    } else if (change.do === 'retire') {
      this.#secret = { ...secret, version, authorities: secret.authorities.slice(0, 1) };
    } else {
      const leaf = {
        madeAt: at,
        notAfter: new Date(this.now + 90 * DAY),
        issuer: secret.authorities[0]?.pem,
        usable: true,
      };
      this.#secret = { ...secret, version, leaf };
      for (const replica of this.#replicas) replica.oldSince ??= this.now;
    }
    return true;
  }
}
