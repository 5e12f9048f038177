import type { MetadataReads, ReadMetadata } from '../catalog/catalog.ts';
import { readPod } from '../injection/pod/pod.ts';
import { writtenAt } from '../kubernetes/managedFields.ts';
import { type KubernetesObject, namespaceOf } from '../kubernetes/object.ts';
import { itemsAt, textAt } from '../kubernetes/record.ts';
import { type StartValue, startValues, vmcpContainer } from './startValues.ts';

/** A Secret or ConfigMap that was written after the vMCP's container started and had read it. */
export interface OldValue {
  readonly kind: StartValue['kind'];
  readonly name: string;
  /** The keys that the container reads; empty for all. */
  readonly keys: readonly string[];
  /** When it was written: RFC 3339, to the second. */
  readonly writtenAt: string;
}

/** A Secret or ConfigMap of which it is not known whether it was written since. */
export interface UnknownValue extends Pick<OldValue, 'kind' | 'name'> {
  /** `not-permitted`: Secrets are not read at all; `unavailable`: the read failed; `no-times`: it has no `managedFields`. */
  readonly why: 'not-permitted' | 'unavailable' | 'no-times';
  /** Why the read failed. */
  readonly reason?: string;
}

export interface ValueComparison {
  readonly old: readonly OldValue[];
  readonly unknown: readonly UnknownValue[];
}

const NOTHING: ValueComparison = { old: [], unknown: [] };

/** When the container that runs was started, in milliseconds; undefined when none runs: the next one reads what there is then. */
function startedAt(pod: KubernetesObject, container: string): number | undefined {
  const statuses = itemsAt(pod, 'status', 'containerStatuses').map(([, status]) => status);
  const own = statuses.find((status) => textAt(status, 'name') === container);
  const started = Date.parse(textAt(own, 'state', 'running', 'startedAt') ?? '');
  return Number.isNaN(started) ? undefined : started;
}

/** The values that a container reads of one object. */
type ValuesOfObject = readonly [StartValue, ...StartValue[]];

/** Compares when an object was written with the start of a container. */
function compareWrites(values: ValuesOfObject, object: unknown, started: number): ValueComparison {
  const [{ kind, name }] = values;
  const writes = values.flatMap(({ key }) => {
    const write = writtenAt(object, key);
    return write ? [{ key, ...write }] : [];
  });
  const later = writes.filter(({ at }) => Date.parse(at) > started);
  const times = later.map(({ at }) => at).sort();
  const last = times.at(-1);
  if (last !== undefined) {
    const keys = later.flatMap(({ key }) => key ?? []);
    return { old: [{ kind, name, keys, writtenAt: last }], unknown: [] };
  }
  const isUntold = writes.some(({ exact }) => !exact);
  return isUntold ? { old: [], unknown: [{ kind, name, why: 'no-times' }] } : NOTHING;
}

/** Reads when an object was written, and compares that with the start of a container. */
async function compareObject(
  values: ValuesOfObject,
  started: number,
  namespace: string,
  reads: MetadataReads,
  signal: AbortSignal,
): Promise<ValueComparison> {
  const [{ kind, name }] = values;
  const lookup = await (kind === 'Secret' ? reads.secret : reads.configMap)?.(namespace, name, signal);
  if (lookup === undefined) return { old: [], unknown: [{ kind, name, why: 'not-permitted' }] };
  if (lookup.state === 'missing') return NOTHING;
  return lookup.state === 'found'
    ? compareWrites(values, lookup.value, started)
    : { old: [], unknown: [{ kind, name, why: 'unavailable', reason: lookup.reason }] };
}

/**
 * Which Secrets and ConfigMaps were written after the vMCP's container of a Pod had started, which reads them when it starts.
 * Their `managedFields` say when, so neither the Pod has to keep a value nor is a value read. Never throws.
 * @param dynamic whether the vMCP watches the API itself
 */
export async function compareValues(
  stored: KubernetesObject,
  dynamic: boolean,
  reads: MetadataReads,
  signal: AbortSignal,
): Promise<ValueComparison> {
  const read = readPod(stored);
  const container = read.ok ? vmcpContainer(read.value) : undefined;
  const started = container && startedAt(stored, container.name);
  if (!read.ok || !container || started === undefined) return NOTHING;
  const values = startValues(read.value, container, dynamic);
  const objects = Map.groupBy(values, ({ kind, name }) => `${kind} ${name}`);
  const compared: ValueComparison[] = [];
  for (const [first, ...more] of objects.values())
    if (first)
      compared.push(await compareObject([first, ...more], started, namespaceOf(stored), reads, signal));
  return { old: compared.flatMap(({ old }) => old), unknown: compared.flatMap(({ unknown }) => unknown) };
}

function readOnce(read: ReadMetadata): ReadMetadata {
  const known = new Map<string, ReturnType<ReadMetadata>>();
  return (namespace, name, signal) => {
    const key = `${namespace}/${name}`;
    const lookup = known.get(key) ?? read(namespace, name, signal);
    known.set(key, lookup);
    return lookup;
  };
}

/** Reads each object once, for one comparison of all Pods. */
export function eachOnce({ configMap, secret }: MetadataReads): MetadataReads {
  return { configMap: readOnce(configMap), secret: secret && readOnce(secret) };
}
