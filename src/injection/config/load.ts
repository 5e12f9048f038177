import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { REPORT_ANNOTATION } from '../contract.ts';
import type { Reads } from '../discovery/load.ts';
import type { Pod } from '../pod/pod.ts';
import type { PodRefusal } from '../report/reasons.ts';
import { readReport } from '../report/report.ts';
import { ANNOTATION_LIMIT } from './annotations.ts';
import type { BaseConfig, ReadBase } from './baseConfig.ts';
import { type ConfigSource, findConfigSource } from './locate.ts';
import type { ConfigMapKey } from './volumeFiles.ts';

/** The base config of a Pod, found and read. */
export interface FoundBase {
  readonly source: ConfigSource;
  readonly configMap: ConfigMap;
  readonly key: string;
  readonly base: BaseConfig;
}

/** One key of one ConfigMap, read live. */
async function readKey(
  { catalog, view, signal }: Reads,
  { name, key }: ConfigMapKey,
): Promise<{ readonly configMap: ConfigMap; readonly text: string } | PodRefusal> {
  const lookup = await catalog.configMap(view.namespace, name, signal);
  const where = `ConfigMap "${name}", behind the vMCP's --config,`;
  if (lookup.state === 'missing') return { reason: 'config-map-missing', message: `${where} does not exist` };
  if (lookup.state === 'unavailable')
    return { reason: 'config-map-unavailable', message: `${where} could not be read: ${lookup.reason}` };
  const configMap = lookup.value;
  const text = Object.hasOwn(configMap.data, key) ? configMap.data[key] : undefined;
  if (text !== undefined) return { configMap, text };
  return { reason: 'config-map-missing', message: `ConfigMap "${name}" has no key "${key}" in its data` };
}

/** Finds and reads the base config of a Pod. The report of an earlier pass over the same Pod names its ConfigMap. */
export async function findBase(
  pod: Pod,
  reads: Reads,
  readBase: (text: string) => Promise<ReadBase>,
): Promise<FoundBase | PodRefusal> {
  const source = findConfigSource(pod);
  if ('reason' in source) return source;
  const earlier = readReport(pod.metadata?.annotations?.[REPORT_ANNOTATION]).base;
  const origin = source.base ?? (earlier && { name: earlier.configMap, key: earlier.key });
  if (!origin)
    return {
      reason: 'config-not-mounted',
      message:
        'the config of the Pod is an injected annotation, but its report does not name the ConfigMap behind it',
    };
  if (source.authServer && source.authServer.name !== origin.name)
    return {
      reason: 'config-not-mounted',
      message: `the vMCP reads its config from ConfigMap "${origin.name}", but authserver-config.yaml beside it from ConfigMap "${source.authServer.name}"; put both into one ConfigMap, or list the files of the other in items`,
    };
  const found = await readKey(reads, origin);
  if ('reason' in found) return found;
  const { configMap, text } = found;
  const where = `key "${origin.key}" of ConfigMap "${origin.name}"`;
  const bytes = Buffer.byteLength(text);
  if (bytes > ANNOTATION_LIMIT)
    return {
      reason: 'config-too-large',
      message: `${where} has ${bytes} bytes, but all annotations of a Pod share ${ANNOTATION_LIMIT}; shorten the base config, or let the Pod opt out with the annotation vmcp-admission.dev/inject: disabled`,
    };
  const read = await readBase(text);
  if (!read.ok) return { reason: 'config-unparsable', message: `${where} cannot be merged: ${read.message}` };
  return { source, configMap, key: origin.key, base: read.value };
}
