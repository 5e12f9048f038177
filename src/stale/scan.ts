import type { MetadataReads } from '../catalog/catalog.ts';
import type { InjectionContext, Injector } from '../injection/injector.ts';
import { type KubernetesObject, objectKey } from '../kubernetes/object.ts';
import { eachOnce, type UnknownValue } from './oldValues.ts';
import { type RunningIn, runningPods } from './running.ts';
import { type ComparedPod, comparePod, groupStale, NotComparable, type StalePods } from './staleness.ts';

/** When Pods are looked at. In milliseconds. */
export interface LookTiming {
  /** Between two looks, at least. */
  readonly interval: number;
  /** Between two looks, as a multiple of what the last one took: so a look never takes more than a part of a core. */
  readonly rest: number;
  /** For what one Pod needs from the API server. */
  readonly deadline: number;
}

const TIMING: LookTiming = { interval: 60_000, rest: 100, deadline: 10_000 };

/** How many Pods of a vMCP are not what new ones would be. */
export interface StaleCount {
  readonly namespace: string;
  /** The VirtualMCPServer, or the workload of self-managed Pods. */
  readonly vmcp: string;
  readonly count: number;
}

export interface StalePodScanDeps {
  /** Lists the vMCP Pods, page by page. */
  readonly pods: () => AsyncIterable<readonly KubernetesObject[]>;
  readonly injector: () => Injector;
  /** How it is found out when Secrets and ConfigMaps were written. */
  readonly values: MetadataReads;
  readonly now: () => Date;
  /** Milliseconds from a fixed moment. */
  readonly clock?: () => number;
  readonly timing?: LookTiming;
  /** Told once of Pods that were stale in two looks in a row, so not while a rollout replaces them. */
  readonly onStale: (pods: StalePods) => void;
  /** Told after each look why it failed, or what of some Pods could not be compared; undefined when all was. */
  readonly onLook: (failure: unknown) => void;
}

/** The name by which metrics and log know a vMCP. */
export function vmcpOf({ virtualServer, workload }: Pick<ComparedPod, 'virtualServer' | 'workload'>): string {
  return virtualServer ?? workload.name;
}

/**
 * True for a Pod that was injected, now or then. One that was made without injection may be in a namespace that the
 * installation excludes, which the webhook does not know.
 */
function wasInjected({ staleness }: ComparedPod): boolean {
  return staleness?.state !== 'not-injected';
}

/** The first value of a Pod that is not known for this reason, in a sentence; undefined when there is none. */
function unknownOf(
  { unknown, workload: { namespace } }: ComparedPod,
  wanted: UnknownValue['why'],
): NotComparable | undefined {
  const found = unknown.find(({ why }) => why === wanted);
  if (!found) return undefined;
  const because = found.reason ?? 'it has no managedFields, which say when it was written';
  return new NotComparable(`${found.kind} ${namespace}/${found.name}: ${because}`);
}

function countAll(compared: readonly ComparedPod[]): readonly StaleCount[] {
  const vmcps = Map.groupBy(compared, (pod) => `${pod.workload.namespace}/${vmcpOf(pod)}`);
  return [...vmcps.values()].flatMap((pods) => {
    const [first] = pods;
    const count = pods.filter(({ staleness }) => staleness !== undefined).length;
    return first ? [{ namespace: first.workload.namespace, vmcp: vmcpOf(first), count }] : [];
  });
}

/** The same for the same difference of the same workload. */
function keyOf({ workload, staleness }: StalePods): string {
  return JSON.stringify([workload, staleness]);
}

/**
 * Looks once a minute which vMCP Pods keep what new ones would not be given. Pods are listed, compared one by one and
 * forgotten; only names and numbers stay. A look that fails leaves the numbers as they were.
 */
export class StalePodScan {
  readonly #deps: Required<StalePodScanDeps>;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #counts: readonly StaleCount[] = [];
  #running: ReturnType<typeof runningPods> = new Map();
  #lastLook: Date | undefined;
  /** The stale Pods of the last look, each with whether it was told. */
  #seen = new Map<string, boolean>();

  constructor(deps: StalePodScanDeps) {
    this.#deps = { clock: () => performance.now(), timing: TIMING, ...deps };
  }

  /** Begins to look. Once. */
  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  /** The vMCPs that had Pods at the last look that was complete. */
  counts(): readonly StaleCount[] {
    return this.#counts;
  }

  /** The Pods of a namespace that run with an injected configuration, as of the last complete look. */
  readonly running: RunningIn = (namespace) => this.#running.get(namespace) ?? [];

  /** When the last look was complete; undefined before the first. */
  get lastLook(): Date | undefined {
    return this.#lastLook;
  }

  async #run(): Promise<void> {
    const { clock, timing } = this.#deps;
    const began = clock();
    await this.#look();
    if (this.#stopped.signal.aborted) return;
    const wait = Math.max(timing.interval, (clock() - began) * timing.rest);
    this.#timer = setTimeout(() => void this.#run(), wait).unref();
  }

  /** Looks at all Pods once. Never rejects. */
  async #look(): Promise<void> {
    try {
      const { compared, failure } = await this.#compareAll();
      if (this.#stopped.signal.aborted) return;
      this.#counts = countAll(compared);
      this.#running = runningPods(compared);
      this.#lastLook = this.#deps.now();
      this.#tell(groupStale(compared));
      this.#deps.onLook(failure);
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#deps.onLook(error);
    }
  }

  async #compareAll() {
    const values = eachOnce(this.#deps.values);
    const compared = new Map<string, ComparedPod>();
    let failure: NotComparable | undefined;
    let untold: NotComparable | undefined;
    for await (const page of this.#deps.pods())
      for (const pod of page) {
        if (this.#stopped.signal.aborted || compared.has(objectKey(pod))) continue;
        try {
          const one = await comparePod(pod, this.#deps.injector(), this.#context(), values);
          if (!one || !wasInjected(one)) continue;
          compared.set(objectKey(pod), one);
          failure ??= unknownOf(one, 'unavailable');
          untold ??= unknownOf(one, 'no-times');
        } catch (error) {
          if (!(error instanceof NotComparable)) throw error;
          failure ??= error;
        }
      }
    return { compared: [...compared.values()], failure: failure ?? untold };
  }

  #context(): InjectionContext {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#deps.timing.deadline)]);
    return { signal, now: this.#deps.now() };
  }

  #tell(stale: readonly StalePods[]): void {
    const before = this.#seen;
    this.#seen = new Map(stale.map((one) => [keyOf(one), before.get(keyOf(one)) ?? false]));
    for (const one of stale) {
      const key = keyOf(one);
      if (!before.has(key) || this.#seen.get(key)) continue;
      this.#seen.set(key, true);
      this.#deps.onStale(one);
    }
  }
}
