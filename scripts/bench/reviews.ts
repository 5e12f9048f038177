// The reviews of the benchmark, as an API server sends them.
import { reviewOf } from '../../test/support/reviews.ts';
import { entry, type KubernetesObject, NAMESPACE } from './cluster.ts';
import { vmcpPod } from './pods.ts';

const USER = {
  username: 'system:serviceaccount:argocd:argocd-application-controller',
  uid: 'f2f6a1a0-6d55-4fd4-8d54-0d6f4b3f1a11',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:argocd', 'system:authenticated'],
  extra: {
    'authentication.kubernetes.io/credential-id': ['JTI=0f6a7b1c-7d65-4b6e-8a2b-6a4d2e8d9c10'],
    'authentication.kubernetes.io/node-name': ['ip-10-0-42-17.eu-central-1.compute.internal'],
    'authentication.kubernetes.io/pod-name': ['argocd-application-controller-0'],
  },
};

interface ReviewOptions {
  readonly index: number;
  readonly operation: 'CREATE' | 'UPDATE';
  readonly object: KubernetesObject;
  readonly oldObject?: KubernetesObject | null;
}

function review({ index, operation, object, oldObject = null }: ReviewOptions): string {
  const { request, ...envelope } = reviewOf(object, {
    operation,
    userInfo: USER,
    oldObject,
    namespace: NAMESPACE,
  });
  const { kind, resource } = request;
  const options = {
    kind: operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions',
    apiVersion: 'meta.k8s.io/v1',
    fieldManager: 'argocd-controller',
  };
  const uid = `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`;
  const sent = { ...request, uid, requestKind: kind, requestResource: resource, options };
  return JSON.stringify({ ...envelope, request: sent });
}

const name = (index: number) => `new-entry-${String(index).padStart(3, '0')}`;

export function createReview(index: number, caBundle?: string): string {
  const object = entry(name(index), { group: 'team', headers: true, ...(caBundle && { caBundle }) });
  return review({ index, operation: 'CREATE', object });
}

export function updateReview(index: number): string {
  const oldObject = entry(name(index), { group: 'team', headers: true });
  const spec = {
    ...(oldObject.spec as object),
    remoteUrl: `https://${name(index)}-v2.mcp.example.com/v1/mcp`,
  };
  const object = { ...oldObject, spec };
  return review({ index, operation: 'UPDATE', object, oldObject });
}

/** Seven things are wrong with it: the URL, the transport, the CA key and name, and three headers. */
export function deniedReview(index: number): string {
  const good = entry(name(index), { group: 'team' });
  const spec = {
    remoteUrl: 'http://169.254.169.254/latest/meta-data',
    transport: 'stdio',
    groupRef: { name: 'team' },
    caBundleRef: { configMapRef: { name: 'Corp_CA', key: '../ca.crt' } },
    headerForward: {
      addPlaintextHeaders: { Host: 'internal', 'X-Tenant': 'a\nb' },
      addHeadersFromSecret: [
        { headerName: 'Transfer-Encoding', valueSecretRef: { name: 'headers', key: 'te' } },
      ],
    },
  };
  const object = { ...good, spec };
  return review({ index, operation: 'CREATE', object });
}

const ENTRIES_WITH_CA = 5;

export function podReview(index: number, virtualServer: string, groupName: string, optedOut = false): string {
  const object = vmcpPod(virtualServer, groupName, ENTRIES_WITH_CA, optedOut);
  return review({ index, operation: 'CREATE', object });
}

/** A Pod that is no vMCP's: only a widened webhook configuration sends it. */
export function foreignPodReview(index: number): string {
  const { metadata, ...rest } = vmcpPod('web', 'team', 0, false);
  const labels = { app: 'web', 'app.kubernetes.io/name': 'web', 'pod-template-hash': '7d9f5c6b48' };
  return review({
    index,
    operation: 'CREATE',

    object: { ...rest, metadata: { ...metadata, labels } } as KubernetesObject,
  });
}

/**
 * A VirtualMCPServer with a whole configuration. With references, two steps of a composite tool name backends of its group, and
 * members of the group use auth configs, about which there is a warning. Without, the steps name tools alone, and no member of
 * the group refers to auth.
 */
export function virtualServerReview(index: number, references = true): string {
  const backend = (name: string) => (references ? `${name}.` : '');
  const tool = {
    name: 'find-invoice',
    description: 'Finds an invoice and loads it',
    parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
    steps: [
      { id: 'find', tool: `${backend('team-entry-000')}find`, arguments: { query: '{{.params.query}}' } },
      {
        id: 'load',
        tool: `${backend('team-server-001')}load`,
        arguments: { id: '{{.steps.find.output.id}}' },
        dependsOn: ['find'],
      },
    ],
    output: {
      properties: { total: { type: 'number', description: 't', value: '{{.steps.load.output.total}}' } },
    },
  };
  const object = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: name(index), namespace: NAMESPACE },
    spec: {
      groupRef: { name: references ? 'team' : 'other-000' },
      incomingAuth: { type: 'anonymous' },
      outgoingAuth: { source: 'inline' },
      config: {
        operational: { failureHandling: { healthCheckInterval: '30s', healthCheckTimeout: '10s' } },
        aggregation: {
          conflictResolution: 'prefix',
          conflictResolutionConfig: { prefixFormat: '{workload}_' },
        },
        audit: { enabled: true, eventTypes: ['mcp_tool_call'] },
        compositeTools: [tool],
      },
    },
  };
  return review({ index, operation: 'CREATE', object });
}
