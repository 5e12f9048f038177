import { stringify } from 'yaml';
import type { ManifestDocument } from '../../../../src/catalog/manifests/manifest.ts';

const API = 'toolhive.stacklok.dev/v1beta1';

export interface Raw {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A ToolHive object in namespace `apps`. */
export function toolhive(kind: string, name: string, spec: unknown, more: Record<string, unknown> = {}): Raw {
  return { apiVersion: API, kind, metadata: { name, namespace: 'apps' }, spec, ...more };
}

/** An entry of group `team` that its controller calls Valid. */
export function entry(
  name: string,
  spec: Record<string, unknown> = {},
  annotations?: Record<string, string>,
): Raw {
  return toolhive(
    'MCPServerEntry',
    name,
    {
      remoteUrl: `https://${name}.example/mcp`,
      transport: 'streamable-http',
      groupRef: { name: 'team' },
      ...spec,
    },
    {
      metadata: { name, namespace: 'apps', ...(annotations && { annotations }) },
      status: { phase: 'Valid' },
    },
  );
}

export const GROUP = toolhive('MCPGroup', 'team', {}, { status: { phase: 'Ready' } });

export function virtualServer(
  outgoingAuth: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): Raw {
  return toolhive('VirtualMCPServer', 'team-vmcp', {
    groupRef: { name: 'team' },
    incomingAuth: { type: 'anonymous' },
    outgoingAuth: { source: 'inline', ...outgoingAuth },
    ...spec,
  });
}

export function configMap(name: string, data: Record<string, string>): Raw {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'apps' }, data };
}

export const BASE = {
  name: 'team-vmcp',
  groupRef: 'team',
  incomingAuth: { type: 'anonymous' },
  outgoingAuth: { source: 'inline' },
  aggregation: { conflictResolution: 'prefix', conflictResolutionConfig: { prefixFormat: '{workload}_' } },
};

export function baseConfigMap(config: unknown = BASE): Raw {
  return configMap('team-vmcp-vmcp-config', { 'config.yaml': stringify(config) });
}

/** The Pod that the operator makes, as short as it can be. */
export function operatorMadePod(more: { annotations?: Record<string, string>; env?: unknown[] } = {}): Raw {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'team-vmcp-1',
      namespace: 'apps',
      labels: {
        'app.kubernetes.io/name': 'virtualmcpserver',
        'app.kubernetes.io/instance': 'team-vmcp',
      },
      ...(more.annotations && { annotations: more.annotations }),
    },
    spec: {
      containers: [
        {
          name: 'vmcp',
          args: ['serve', '--config=/etc/vmcp-config/config.yaml'],
          ...(more.env && { env: more.env }),
          volumeMounts: [{ name: 'vmcp-config', mountPath: '/etc/vmcp-config', readOnly: true }],
        },
      ],
      volumes: [{ name: 'vmcp-config', configMap: { name: 'team-vmcp-vmcp-config' } }],
    },
  };
}

/** Objects as a folder of manifests would give them. */
export function documents(objects: readonly Raw[]): ManifestDocument[] {
  return objects.map((object, index) => ({ file: 'test.yaml', document: index + 1, line: 1, object }));
}

/** The same Pod as somebody's own: marked by label and annotation, whatever VirtualMCPServers there are. */
export function selfManagedPod(): Raw {
  const pod = operatorMadePod({ env: [{ name: 'OWN', value: 'x' }] });
  return {
    ...pod,
    metadata: {
      name: 'mine',
      namespace: 'apps',
      labels: { 'vmcp-admission.dev/inject': 'enabled' },
      annotations: { 'vmcp-admission.dev/group': 'team' },
    },
  };
}

/** A base config with backends and strategies of its own, good and bad, some of names that a group may have. */
export const OWN_BASE = {
  ...BASE,
  backends: [
    { name: 'own', url: 'http://own.apps.svc/mcp', transport: 'sse', metadata: { yes: 'no' } },
    { name: 'a.b', url: 'http://own.apps.svc/mcp', transport: 'sse' },
    { name: 'own', url: 'http://again.apps.svc/mcp', transport: 'sse' },
    { name: 'bad', url: 'http://bad.apps.svc/mcp', transport: 'sse', caBundlePath: '/x' },
    { name: 'unset', url: 'http://unset.apps.svc/mcp', transport: 'sse' },
  ],
  outgoingAuth: {
    source: 'inline',
    backends: {
      own: { type: 'header_injection', headerInjection: { headerName: 'X', headerValueEnv: 'OWN' } },
      a: { type: 'discovered' },
      b: null,
      unset: {
        type: 'header_injection',
        headerInjection: { headerName: 'X', headerValueEnv: 'TOOLHIVE_HEADER_INJECTION_VALUE_AUTH_ONE' },
      },
    },
  },
};
