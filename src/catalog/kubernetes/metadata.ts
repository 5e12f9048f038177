import type { ApiClient } from '../../apiClient/client.ts';
import { ApiError, asApiError, malformed } from '../../apiClient/errors.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { Lookup, MetadataReads, ReadMetadata } from '../catalog.ts';
import { corePath } from './collections.ts';
import { type CatalogObserver, tell } from './observer.ts';

/** Labels, annotations and `managedFields` of an object: all three are bounded, and some managers write long ones. In bytes. */
const MAX_METADATA_BYTES = 2 * 1_024 * 1_024;

export interface MetadataReadOptions {
  readonly api: ApiClient;
  readonly observer: CatalogObserver;
  /** For one GET, in milliseconds. */
  readonly deadlineMs: number;
  /** Whether Secrets may be read. */
  readonly secrets: boolean;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw malformed('it is not JSON');
  }
}

function reading(kind: 'ConfigMap' | 'Secret', options: MetadataReadOptions): ReadMetadata {
  const { api, observer, deadlineMs } = options;
  const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
  return async (namespace, name, signal): Promise<Lookup<unknown>> => {
    if (!isObjectName(namespace) || !isObjectName(name)) return { state: 'missing' };
    if (signal.aborted) return { state: 'unavailable', reason: 'there was no time left to read it' };
    try {
      const path = corePath(plural, namespace, name);
      const body = await api.get(path, { deadlineMs, maxBytes: MAX_METADATA_BYTES, metadataOnly: true });
      return { state: 'found', value: parsed(body) };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { state: 'missing' };
      const { reason, message } = asApiError(error);
      tell(() => observer.readFailed?.(kind, reason));
      return { state: 'unavailable', reason: message };
    }
  };
}

/** Reads of the metadata of ConfigMaps, and of Secrets where they may be read: the API server sends no value. */
export function metadataReads(options: MetadataReadOptions): MetadataReads {
  return {
    configMap: reading('ConfigMap', options),
    ...(options.secrets && { secret: reading('Secret', options) }),
  };
}
