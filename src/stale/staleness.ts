import { type MetadataReads, ObjectNotRead } from '../catalog/catalog.ts';
import { CONFIG_ANNOTATION, compare } from '../injection/contract.ts';
import type { Injection, InjectionContext, Injector } from '../injection/injector.ts';
import { readPod } from '../injection/pod/pod.ts';
import { type KubernetesObject, nameOf, namespaceOf, objectKey } from '../kubernetes/object.ts';
import { textAt, valueAt } from '../kubernetes/record.ts';
import { type Difference, differenceOf, NO_DIFFERENCE } from './difference.ts';
import { compareValues, type OldValue, type UnknownValue } from './oldValues.ts';
import { type Workload, workloadOf, workloadText } from './workload.ts';

/** Why a vMCP Pod is not what a new one would be. */
export type Staleness =
  /** It keeps a config that differs from the one of a new Pod, or values that were written since. */
  | { readonly state: 'stale'; readonly difference: Difference }
  /** It was made without injection, and a new one would be injected. */
  | { readonly state: 'not-injected' }
  /** It keeps a config, and a new Pod would get none, for this reason. */
  | { readonly state: 'blocked'; readonly reason: string; readonly message: string };

/** A vMCP Pod that was compared with what it would be now. */
export interface ComparedPod {
  readonly name: string;
  readonly workload: Workload;
  readonly group: string | undefined;
  readonly virtualServer: string | undefined;
  /** Whether the vMCP serves the config that it was given; one in dynamic mode watches the API. */
  readonly pinned: boolean;
  /** Why a new Pod would end at start; undefined when it would not. */
  readonly fault: string | undefined;
  /** Undefined when the Pod is what a new one would be. */
  readonly staleness: Staleness | undefined;
  /** What could not be compared. */
  readonly unknown: readonly UnknownValue[];
}

/** True for a Pod that runs or is going to. */
function isAlive(pod: KubernetesObject): boolean {
  return (
    valueAt(pod, 'metadata', 'deletionTimestamp') === undefined &&
    !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '')
  );
}

/** A Pod cannot be compared, because something that decides about it cannot be read. */
export class NotComparable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotComparable';
  }
}

async function configStaleness(pod: KubernetesObject, injection: Injection): Promise<Staleness | undefined> {
  const pinned = isPinned(pod);
  const { decision, reason, message } = injection;
  if (reason === 'config-map-unavailable') throw new NotComparable(message);
  if (decision !== 'injected') return pinned ? { state: 'blocked', reason, message } : undefined;
  if (!pinned) return { state: 'not-injected' };
  const [kept, now] = [readPod(pod), readPod(injection.pod)];
  const difference = kept.ok && now.ok ? await differenceOf(kept.value, now.value) : undefined;
  return difference && { state: 'stale', difference };
}

async function injectedAnew(
  pod: KubernetesObject,
  injector: Injector,
  context: InjectionContext,
): Promise<Injection> {
  try {
    return await injector.inject(pod, namespaceOf(pod), context);
  } catch (error) {
    throw error instanceof ObjectNotRead ? new NotComparable(error.message) : error;
  }
}

function isPinned(pod: KubernetesObject): boolean {
  return textAt(pod, 'metadata', 'annotations', CONFIG_ANNOTATION) !== undefined;
}

/**
 * Compares a Pod with what it would be if it were made now: the same Pod is injected again, which changes nothing when
 * nothing has changed, and what it read at start must not have been written since. Undefined for a Pod that has ended, or
 * that has nothing to do with a vMCP that the webhook looks after.
 * Rejects with {@link NotComparable}, and as the injector does.
 * @param values absent when it is not looked for what was written
 */
export async function comparePod(
  pod: KubernetesObject,
  injector: Injector,
  context: InjectionContext,
  values?: MetadataReads,
): Promise<ComparedPod | undefined> {
  if (!isAlive(pod)) return undefined;
  const injection = await injectedAnew(pod, injector, context);
  const config = await configStaleness(pod, injection);
  const dynamic = injection.reason === 'dynamic-mode';
  if (config === undefined && injection.decision !== 'injected' && !dynamic) return undefined;
  const isCompared = values !== undefined && (config === undefined || config.state === 'stale');
  const { old, unknown } = isCompared
    ? await compareValues(pod, dynamic, values, context.signal)
    : { old: [], unknown: [] };
  const fault = injection.report?.notes.find(({ reason }) => reason === 'vmcp-will-not-start');
  const { group, virtualServer } = injection;
  return {
    name: nameOf(pod),
    workload: workloadOf(pod),
    group,
    virtualServer,
    pinned: isPinned(pod),
    fault: fault?.message,
    staleness: withValues(config, old),
    unknown,
  };
}

/** The old values of a Pod beside its old config. */
function withValues(config: Staleness | undefined, values: readonly OldValue[]): Staleness | undefined {
  if (values.length === 0) return config;
  const difference = config?.state === 'stale' ? config.difference : NO_DIFFERENCE;
  return { state: 'stale', difference: { ...difference, values } };
}

/** The Pods of a workload that differ from new ones in the same way. */
export interface StalePods extends Omit<ComparedPod, 'name' | 'staleness' | 'pinned' | 'unknown'> {
  readonly pods: readonly string[];
  /** How many Pods of the workload were compared. */
  readonly of: number;
  readonly staleness: Staleness;
}

/** The Pods that are not what new ones would be, by workload and by what they keep. */
export function groupStale(compared: readonly ComparedPod[]): readonly StalePods[] {
  const workloads = Map.groupBy(compared, ({ workload }) => workloadText(workload));
  return [...workloads]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([, pods]) => {
      const alike = Map.groupBy(pods, ({ staleness }) => JSON.stringify(staleness));
      return [...alike.values()].flatMap(([first, ...more]): StalePods[] => {
        if (first?.staleness === undefined) return [];
        const { name, staleness, pinned: _, unknown: __, ...rest } = first;
        const names = [name, ...more.map((one) => one.name)].sort(compare);
        return [{ ...rest, staleness, pods: names, of: pods.length }];
      });
    });
}

/** The Pods of a list, each once: one that has two labels is in two lists. */
export function eachPodOnce(pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return [...new Map(pods.map((pod) => [objectKey(pod), pod])).values()];
}
