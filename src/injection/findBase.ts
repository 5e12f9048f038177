import type { Catalog } from '../catalog/catalog.ts';
import type { ConfigMap } from '../toolhive/configMap.ts';
import type { BaseConfig } from './baseConfig.ts';
import { type ConfigSource, findConfigSource } from './configSource.ts';
import { REPORT_ANNOTATION } from './names.ts';
import type { Pod } from './pod.ts';
import type { Readers } from './readers.ts';
import type { PodReason } from './reasons.ts';
import { baseInReport } from './report.ts';

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
  const origin = source.base ?? (earlier && { name: earlier.configMap, key: earlier.key });
  if (!origin)
    return {
      reason: 'config-not-mounted',
      message:
        'the config of the Pod is an annotation of ours, but its report does not name the ConfigMap behind it',
    };
  const lookup = await deps.catalog.configMap(namespace, origin.name, signal);
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
  const read = await deps.readers.base(text);
  if (read.ok) return { source, configMap, key: origin.key, base: read.base };
  return {
    reason: 'config-unparsable',
    message: `key "${origin.key}" of ${where} cannot be merged: ${read.message}`,
  };
}
