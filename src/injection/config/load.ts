import type { Catalog } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { REPORT_ANNOTATION } from '../contract.ts';
import type { Pod } from '../pod/pod.ts';
import type { Readers } from '../readers.ts';
import type { PodReason } from '../report/reasons.ts';
import { baseInReport } from '../report/report.ts';
import type { BaseConfig } from './baseConfig.ts';
import { type BaseKey, type ConfigSource, findConfigSource } from './locate.ts';

/** The base config of a Pod, found and read. */
export interface FoundBase {
  readonly source: ConfigSource;
  readonly configMap: ConfigMap;
  readonly key: string;
  readonly base: BaseConfig;
}

export interface BaseFailure {
  readonly reason: PodReason;
  readonly message: string;
}

interface Found {
  readonly origin: BaseKey;
  readonly configMap: ConfigMap;
  readonly text: string;
}

/** One key of one ConfigMap, read live. */
async function readKey(
  catalog: Catalog,
  namespace: string,
  origin: BaseKey,
  signal: AbortSignal,
): Promise<Found | BaseFailure> {
  const lookup = await catalog.configMap(namespace, origin.name, signal);
  const where = `ConfigMap "${origin.name}"`;
  if (lookup.state === 'missing')
    return { reason: 'config-map-missing', message: `${where}, behind the vMCP's --config, does not exist` };
  if (lookup.state === 'unavailable')
    return {
      reason: 'config-map-unavailable',
      message: `${where}, behind the vMCP's --config, could not be read: ${lookup.reason}`,
    };
  const configMap = lookup.value;
  const text = Object.hasOwn(configMap.data, origin.key) ? configMap.data[origin.key] : undefined;
  if (text === undefined)
    return { reason: 'config-map-missing', message: `${where} has no key "${origin.key}" in its data` };
  return { origin, configMap, text };
}

/** The first of several that has its key. One that cannot be read might have it, so none after it is asked. */
async function readFirst(
  catalog: Catalog,
  namespace: string,
  [first, ...others]: readonly [BaseKey, ...BaseKey[]],
  signal: AbortSignal,
): Promise<Found | BaseFailure> {
  let answer = await readKey(catalog, namespace, first, signal);
  const missing: string[] = [];
  for (const origin of others) {
    if ('text' in answer || answer.reason !== 'config-map-missing') return answer;
    missing.push(answer.message);
    answer = await readKey(catalog, namespace, origin, signal);
  }
  if ('text' in answer || missing.length === 0) return answer;
  return { ...answer, message: [...missing, answer.message].join('; ') };
}

/** Finds and reads the base config of a Pod. A Pod that we filled before says in its report where that came from. */
export async function findBase(
  pod: Pod,
  namespace: string,
  deps: { readonly catalog: Catalog; readonly readers: Readers },
  signal: AbortSignal,
): Promise<FoundBase | BaseFailure> {
  const search = findConfigSource(pod);
  if (!search.ok) return search;
  const { source } = search;
  const earlier = baseInReport(pod.metadata?.annotations?.[REPORT_ANNOTATION]);
  const first = source.base ?? (earlier && { name: earlier.configMap, key: earlier.key });
  if (!first)
    return {
      reason: 'config-not-mounted',
      message:
        'the config of the Pod is an annotation of ours, but its report does not name the ConfigMap behind it',
    };
  const found = await readFirst(deps.catalog, namespace, [first, ...source.otherwise], signal);
  if ('reason' in found) return found;
  const { origin, configMap, text } = found;
  const read = await deps.readers.base(text);
  if (read.ok)
    return {
      source: source.base ? { ...source, base: origin } : source,
      configMap,
      key: origin.key,
      base: read.base,
    };
  return {
    reason: 'config-unparsable',
    message: `key "${origin.key}" of ConfigMap "${origin.name}" cannot be merged: ${read.message}`,
  };
}
