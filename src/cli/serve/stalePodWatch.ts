import type { Catalog, MetadataReads } from '../../catalog/catalog.ts';
import type { KubernetesCatalog } from '../../catalog/kubernetes/catalog.ts';
import type { InjectionSettings } from '../../injection/contract.ts';
import { createInjector, type Injector } from '../../injection/injector.ts';
import { POD_COLLECTIONS } from '../../offline/workloads.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import type { Log } from '../../server/log.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import { remedyOf, summaryText } from '../../stale/remedy.ts';
import type { RunningIn } from '../../stale/running.ts';
import { StalePodScan, vmcpOf } from '../../stale/scan.ts';
import type { StalePods } from '../../stale/staleness.ts';

export interface StalePodWatchDeps {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly catalog: Catalog;
  readonly list: KubernetesCatalog['list'];
  readonly metadata: MetadataReads;
  readonly settings: InjectionSettings;
}

/** The Pods that keep an old configuration, for the metrics and the log. */
export class StalePodWatch {
  readonly #deps: StalePodWatchDeps;
  readonly #scan: StalePodScan;
  readonly #stopped = new AbortController();
  #injector: Injector | undefined;
  /** The failure that was logged last, so that a lasting one is one line. */
  #failure: string | undefined;

  constructor(deps: StalePodWatchDeps) {
    this.#deps = deps;
    this.#scan = new StalePodScan({
      pods: () => this.#pods(),
      injector: () => this.#current(),
      values: deps.metadata,
      now: () => new Date(),
      onStale: (pods) => this.#logStale(pods),
      onLook: (failure) => this.#logFailure(failure),
    });
  }

  /** Begins when the catalog is complete: before that, what is not read yet would look removed. */
  async start(policy: Policy): Promise<void> {
    const { catalog } = this.#deps;
    this.use(policy);
    if (catalog.readiness && !(await catalog.readiness.wait(this.#stopped.signal))) return;
    if (!this.#deps.metadata.secret)
      this.#deps.log.info('Pods with old values of Secrets are not counted: that needs --read-secrets');
    this.#addGauges();
    this.#scan.start();
  }

  #addGauges(): void {
    const { meter } = this.#deps.metrics;
    meter.gauges(
      'stale_pods',
      'Pods of a vMCP that keep a configuration which new ones would not be given.',
      ['namespace', 'vmcp'],
      () => this.#scan.counts().map(({ namespace, vmcp, count }) => [{ namespace, vmcp }, count] as const),
    );
    meter.gauge(
      'stale_pods_last_look_timestamp_seconds',
      'When the vMCP Pods were last compared, in seconds since 1970; 0 before the first time.',
      () => (this.#scan.lastLook?.getTime() ?? 0) / 1_000,
    );
  }

  /** The Pods that reviews tell about. */
  get running(): RunningIn {
    return this.#scan.running;
  }

  stop(): void {
    this.#stopped.abort();
    this.#scan.stop();
  }

  /** Compares by another policy from now on. */
  use(policy: Policy): void {
    const { catalog, settings } = this.#deps;
    this.#injector = createInjector({ catalog, settings, policy });
  }

  #current(): Injector {
    if (this.#injector === undefined) throw new Error('the comparison of Pods has no policy yet');
    return this.#injector;
  }

  async *#pods() {
    for (const collection of POD_COLLECTIONS) yield* this.#deps.list(collection);
  }

  #logStale(pods: StalePods): void {
    const { workload, staleness } = pods;
    const vmcp = vmcpOf(pods);
    const fields = { namespace: workload.namespace, vmcp, pods: pods.pods.length, ...staleness };
    this.#deps.log.warn(
      { ...fields, remedy: remedyOf(pods) },
      `vMCP ${vmcp}: ${summaryText(pods)}; ${remedyOf(pods)}`,
    );
  }

  #logFailure(error: unknown): void {
    const known = error instanceof Error ? error.message : 'unexpected error';
    const problem = error === undefined ? undefined : known;
    if (problem === this.#failure) return;
    this.#failure = problem;
    if (problem === undefined) return;
    this.#deps.log.warn({ problem }, 'the Pods of vMCPs could not be compared in full');
  }
}
