// The ConfigMaps of the measured cluster: base configs as the operator writes them, and CA bundles.
import { CREATED, type KubernetesObject, members, NAMESPACE } from './cluster.ts';

/** `config.yaml` as the operator writes it, with `backends` of the group listed. */
function baseConfig(name: string, groupName: string, backends: readonly KubernetesObject[]): string {
  const lines = [`name: ${name}`, `groupRef: ${groupName}`];
  if (backends.length > 0) lines.push('backends:');
  for (const { kind, metadata } of backends)
    lines.push(
      `    - name: ${metadata.name}`,
      `      url: https://${metadata.name}.mcp.example.com/v1/mcp`,
      '      transport: streamable-http',
      '      metadata:',
      `        group: ${groupName}`,
      `        namespace: ${NAMESPACE}`,
      '        platform.example/owner: team-payments',
      ...(kind === 'MCPServerEntry'
        ? [`        remote_url: https://${metadata.name}.mcp.example.com/v1/mcp`]
        : []),
      '        tool_type: mcp',
      '        workload_status: Valid',
      `        workload_type: ${kind === 'MCPServerEntry' ? 'server_entry' : kind === 'MCPServer' ? 'mcp_server' : 'remote_proxy'}`,
    );
  lines.push(
    'incomingAuth:',
    '    type: anonymous',
    'outgoingAuth:',
    '    source: inline',
    '    default:',
    '        type: unauthenticated',
    'aggregation:',
    '    conflictResolution: prefix',
    '    conflictResolutionConfig:',
    "        prefixFormat: '{workload}_'",
    '    tools:',
  );
  const filters = backends.length > 0 ? backends : [{ metadata: { name: 'team-entry-000' } }];
  for (const { metadata } of filters)
    lines.push(
      `        - workload: ${metadata.name}`,
      '          filter:',
      ...[
        'search',
        'fetch',
        'summarise',
        'list_documents',
        'get_document',
        'put_document',
        'delete_document',
      ].map((tool) => `            - ${tool}`),
    );
  lines.push(
    'operational:',
    '    timeouts:',
    '        default: 30s',
    '    failureHandling:',
    '        healthCheckInterval: 30s',
    '        unhealthyThreshold: 3',
    '        partialFailureMode: fail',
    '        statusReportingInterval: 30s',
    '        circuitBreaker:',
    '            enabled: true',
    '            failureThreshold: 5',
    '            timeout: 1m0s',
    'telemetry:',
    '    serviceName: vmcp',
    '    serviceVersion: v0.9.0',
    '    tracingEnabled: false',
    '    metricsEnabled: true',
    '    samplingRate: "0.05"',
    '    insecure: false',
    '    enablePrometheusMetricsPath: true',
    'audit:',
    '    component: vmcp-server',
    '    includeRequestData: false',
    '    includeResponseData: false',
    '    maxDataSize: 1024',
    '    eventTypes:',
    '        - mcp_tool_call',
    '        - mcp_resource_read',
    '        - mcp_prompt_get',
    'metadata:',
    '    managed-by: platform-team',
  );
  return `${lines.join('\n')}\n`;
}

/** The checksum that operator and Pod template carry; any constant will do. */
export const CHECKSUM = 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c';

function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE, resourceVersion: '900', creationTimestamp: CREATED, annotations },
    data,
  };
}

/** The ConfigMaps: a base config per VirtualMCPServer, and CA bundles of two certificates each. */
export function clusterConfigMaps(caBundle: string): KubernetesObject[] {
  const base = (name: string, groupName: string, backends: readonly KubernetesObject[]) =>
    configMap(
      `${name}-vmcp-config`,
      { 'config.yaml': baseConfig(name, groupName, backends) },
      { 'toolhive.stacklok.dev/content-checksum': CHECKSUM },
    );
  return [
    base('small', 'team', []),
    base('large', 'team', members('team', 20)),
    base('crowd', 'crowd', members('crowd', 200)),
    ...Array.from({ length: 5 }, (_, index) => configMap(`corp-ca-${index}`, { 'ca.crt': caBundle })),
  ];
}
