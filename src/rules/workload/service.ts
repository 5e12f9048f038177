import type { StoredKind } from '../../toolhive/kinds.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';

export const workloadServiceRules = {
  'workload-name-without-service': deny(
    'The name of a workload must give its Service a valid name.',
    'MCPServer',
    'MCPRemoteProxy',
    'EmbeddingServer',
  ),
};

const MAX_LABEL = 63;

/** How the operator names the Service of each kind. Source: its controllers, toolhive v0.47.0. */
const SERVICES: { readonly [K in StoredKind]?: (name: string) => string } = {
  MCPServer: (name) => `mcp-${name}-proxy`,
  MCPRemoteProxy: (name) => `mcp-${name}-remote-proxy`,
  EmbeddingServer: (name) => name,
};

/** A Service name is a DNS label that begins with a letter; without its Service a workload has no URL, and no vMCP uses it. */
export function checkWorkloadService({ kind, name }: LoneObject): Finding[] {
  const serviceName = SERVICES[kind];
  if (serviceName === undefined) return [];
  const service = serviceName(name);
  if (service.length <= MAX_LABEL && !name.includes('.') && !/^\d/.test(service)) return [];
  const most = MAX_LABEL - serviceName('').length;
  const begins = serviceName('') === '' ? 'begin with a letter and ' : '';
  return [
    invalid({
      rule: 'workload-name-without-service',
      field: 'metadata.name',
      value: name,
      detail: `must ${begins}have at most ${most} characters and no dot: ToolHive cannot make the Service ${service} otherwise, so it gets no URL and no vMCP uses it`,
    }),
  ];
}
