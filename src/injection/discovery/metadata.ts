import { isCopiedAnnotation } from '../../kubernetes/metadata.ts';
import { compare } from '../contract.ts';

/** What ToolHive says itself about a backend; undefined where its kind has no such key. */
export interface SystemMetadata {
  readonly group: string;
  readonly namespace: string;
  readonly workload_type: 'mcp_server' | 'remote_proxy' | 'server_entry';
  readonly workload_status: string;
  readonly remote_url: string | undefined;
}

/** `metadata` of a backend: what was copied from annotations, and what ToolHive adds. */
export interface BackendMetadata {
  readonly copied: readonly (readonly [key: string, value: string])[];
  readonly system: readonly (readonly [key: string, value: string])[];
}

/**
 * The metadata of a backend in the order of its keys. System keys win over annotations of the same name, `group` over
 * everything. Source: ToolHive's discovery.
 */
export function backendMetadata(
  annotations: Readonly<Record<string, string>>,
  system: SystemMetadata,
): BackendMetadata {
  const fixed = new Map<string, string>([
    ['group', system.group],
    ['tool_type', 'mcp'],
    ['workload_status', system.workload_status],
    ['workload_type', system.workload_type],
  ]);
  if (system.namespace !== '') fixed.set('namespace', system.namespace);
  if (system.remote_url !== undefined) fixed.set('remote_url', system.remote_url);
  const copied = Object.entries(annotations).filter(([key]) => !fixed.has(key) && isCopiedAnnotation(key));
  const byKey = (a: readonly [string, string], b: readonly [string, string]) => compare(a[0], b[0]);
  return { copied: copied.sort(byKey), system: [...fixed].sort(byKey) };
}

/** All metadata of a backend, sorted by key. */
export function mergedMetadata(
  metadata: BackendMetadata,
): readonly (readonly [key: string, value: string])[] {
  return [...metadata.copied, ...metadata.system].sort((a, b) => compare(a[0], b[0]));
}
