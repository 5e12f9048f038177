// The objects of the measured cluster, made by counting: the same on every machine and in every run.
import { TOOLHIVE_GROUP } from '../../src/toolhive/kinds.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly namespace: string;
  };
  readonly [field: string]: unknown;
}

export const NAMESPACE = 'apps';
/** Entries per group of the neighbours: 10,000 entries are 500 groups. */
const NEIGHBOURS_PER_GROUP = 20;
export const CREATED = '2026-08-01T12:00:00Z';

function pad(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

/** What the API server adds to every object, in the size that real ones have. */
export function managedFields(manager: string, paths: readonly string[]): unknown[] {
  const fields = Object.fromEntries(
    paths.map((path) => [`f:${path}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
  );
  return [
    {
      apiVersion: `${TOOLHIVE_GROUP}/v1beta1`,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {} } }, 'f:spec': fields },
      manager,
      operation: 'Update',
      time: CREATED,
    },
  ];
}

function object(kind: string, name: string, rest: Readonly<Record<string, unknown>>): KubernetesObject {
  const annotations = {
    'platform.example/owner': 'team-payments',
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ kind, metadata: { name }, ...rest }),
  };
  return {
    apiVersion: `${TOOLHIVE_GROUP}/v1beta1`,
    kind,
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').slice(0, 12).padEnd(12, '0')}`,
      resourceVersion: '1000',
      generation: 1,
      creationTimestamp: CREATED,
      annotations,
      managedFields: [
        ...managedFields('kubectl-client-side-apply', [
          'remoteUrl',
          'transport',
          'groupRef',
          'headerForward',
        ]),
        ...managedFields('manager', ['status', 'phase', 'conditions']),
      ],
    },
    ...rest,
  };
}

const ENTRY_CONDITIONS = [
  'Valid',
  'RemoteURLValidated',
  'GroupRefValidated',
  'ExternalAuthConfigValidated',
  'CABundleRefValidated',
].map((type) => ({
  type,
  status: 'True',
  reason: type === 'Valid' ? 'ConfigValid' : `${type}OK`,
  message: 'all is well',
  lastTransitionTime: CREATED,
  observedGeneration: 1,
}));

/** What a benchmark entry has beside its URL. */
export interface EntryOptions {
  readonly group: string;
  readonly caBundle?: string;
  readonly headers?: boolean;
  readonly auth?: string;
}

export function entry(name: string, options: EntryOptions): KubernetesObject {
  const { group, caBundle, headers, auth } = options;
  return object('MCPServerEntry', name, {
    spec: {
      remoteUrl: `https://${name}.mcp.example.com/v1/mcp`,
      transport: 'streamable-http',
      groupRef: { name: group },
      ...(auth && { externalAuthConfigRef: { name: auth } }),
      ...(caBundle && { caBundleRef: { configMapRef: { name: caBundle, key: 'ca.crt' } } }),
      ...(headers && {
        headerForward: {
          addPlaintextHeaders: { 'X-Tenant': 'acme', 'X-Region': 'eu-central-1' },
          addHeadersFromSecret: [
            { headerName: 'X-Trace-Key', valueSecretRef: { name: `${name}-headers`, key: 'trace' } },
          ],
        },
      }),
    },
    status: { phase: 'Valid', observedGeneration: 1, conditions: ENTRY_CONDITIONS },
  });
}

function group(name: string): KubernetesObject {
  return object('MCPGroup', name, { spec: {}, status: { phase: 'Ready', observedGeneration: 1 } });
}

function server(name: string, groupName: string): KubernetesObject {
  return object('MCPServer', name, {
    spec: {
      image: 'ghcr.io/example/server:1',
      transport: 'stdio',
      proxyMode: 'streamable-http',
      proxyPort: 8080,
      groupRef: { name: groupName },
    },
    status: { phase: 'Ready', url: `http://mcp-${name}-proxy.${NAMESPACE}.svc.cluster.local:8080/mcp` },
  });
}

function proxy(name: string, groupName: string): KubernetesObject {
  return object('MCPRemoteProxy', name, {
    spec: {
      remoteUrl: `https://${name}.example.org/mcp`,
      transport: 'streamable-http',
      proxyPort: 8080,
      groupRef: { name: groupName },
    },
    status: { phase: 'Ready', url: `http://mcp-${name}-remote-proxy.${NAMESPACE}.svc.cluster.local:8080` },
  });
}

function authConfig(name: string): KubernetesObject {
  return object('MCPExternalAuthConfig', name, {
    spec: {
      type: 'tokenExchange',
      tokenExchange: {
        tokenUrl: 'https://idp.example.com/token',
        audience: name,
        clientId: 'vmcp',
        clientSecretRef: { name: `${name}-client`, key: 'secret' },
        scopes: ['mcp.read', 'mcp.write'],
      },
    },
    status: { conditions: [{ type: 'Valid', status: 'True', reason: 'ConfigValid' }] },
  });
}

function virtualServer(name: string, groupName: string): KubernetesObject {
  return object('VirtualMCPServer', name, {
    spec: {
      groupRef: { name: groupName },
      incomingAuth: { type: 'anonymous' },
      outgoingAuth: { source: 'inline', default: { type: 'unauthenticated' } },
    },
    status: { phase: 'Ready', backendCount: 20 },
  });
}

/** A group of `size` backends: a quarter MCPServers, every sixth an MCPRemoteProxy, the others entries. */
export function members(name: string, size: number): KubernetesObject[] {
  const entries = Math.round(size * 0.6);
  const servers = Math.round(size * 0.25);
  const named = (kind: string, index: number) => `${name}-${kind}-${pad(index, 3)}`;
  return [
    ...Array.from({ length: entries }, (_, index) =>
      entry(named('entry', index), {
        group: name,
        ...(index < size / 4 && { caBundle: `corp-ca-${index % 5}` }),
        ...(index % 12 < 7 && { headers: true }),
        ...(index % 12 >= 7 && { auth: `auth-${index % 5}` }),
      }),
    ),
    ...Array.from({ length: servers }, (_, index) => server(named('server', index), name)),
    ...Array.from({ length: size - entries - servers }, (_, index) => proxy(named('proxy', index), name)),
  ];
}

/** The groups that reviews are about, and so many entries in other groups of the same namespace. */
export function clusterObjects(neighbours: number): KubernetesObject[] {
  const others = Math.ceil(neighbours / NEIGHBOURS_PER_GROUP);
  return [
    ...['team', 'crowd'].map(group),
    ...members('team', 20),
    ...members('crowd', 200),
    ...Array.from({ length: 5 }, (_, index) => authConfig(`auth-${index}`)),
    virtualServer('small', 'team'),
    virtualServer('large', 'team'),
    virtualServer('crowd', 'crowd'),
    ...Array.from({ length: others }, (_, index) => group(`other-${pad(index, 3)}`)),
    ...Array.from({ length: neighbours }, (_, index) =>
      entry(`neighbour-${pad(index, 5)}`, {
        group: `other-${pad(Math.floor(index / NEIGHBOURS_PER_GROUP), 3)}`,
        ...(index % 4 === 0 && { caBundle: `corp-ca-${index % 5}` }),
        ...(index % 3 === 0 && { headers: true }),
      }),
    ),
  ];
}
