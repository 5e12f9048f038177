// The reviews of the benchmark, as an API server sends them.
import { CHECKSUM, entry, type KubernetesObject, managedFields, NAMESPACE } from './cluster.ts';

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
  readonly resource: string;
  readonly object: KubernetesObject;
  readonly oldObject?: KubernetesObject;
}

function review({ index, operation, resource, object, oldObject }: ReviewOptions): string {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const kind = { group, version, kind: object.kind };
  const plural = { group, version, resource };
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`,
      kind,
      resource: plural,
      requestKind: kind,
      requestResource: plural,
      name: object.metadata.name,
      namespace: NAMESPACE,
      operation,
      userInfo: USER,
      object,
      oldObject: oldObject ?? null,
      dryRun: false,
      options: {
        kind: operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions',
        apiVersion: 'meta.k8s.io/v1',
        fieldManager: 'argocd-controller',
      },
    },
  });
}

const name = (index: number) => `new-entry-${String(index).padStart(3, '0')}`;

export function createReview(index: number, caBundle?: string): string {
  const object = entry(name(index), { group: 'team', headers: true, ...(caBundle && { caBundle }) });
  return review({ index, operation: 'CREATE', resource: 'mcpserverentries', object });
}

export function updateReview(index: number): string {
  const oldObject = entry(name(index), { group: 'team', headers: true });
  const spec = {
    ...(oldObject.spec as object),
    remoteUrl: `https://${name(index)}-v2.mcp.example.com/v1/mcp`,
  };
  const object = { ...oldObject, spec };
  return review({ index, operation: 'UPDATE', resource: 'mcpserverentries', object, oldObject });
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
  return review({ index, operation: 'CREATE', resource: 'mcpserverentries', object });
}

const ENTRIES_WITH_CA = 5;

/** A Pod as the operator's Deployment makes it, CA volumes and header variables of the entries included. */
function vmcpPod(
  virtualServer: string,
  groupName: string,
  withCa: number,
  optedOut: boolean,
): KubernetesObject {
  const entryName = (index: number) => `${groupName}-entry-${String(index).padStart(3, '0')}`;
  const bundles = Array.from({ length: withCa }, (_, index) => ({
    volume: `ca-bundle-${entryName(index)}`,
    path: `/etc/toolhive/ca-bundles/${entryName(index)}`,
    configMap: `corp-ca-${index % 5}`,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${virtualServer}-7d9f5c6b48-`,
      name: '',
      namespace: NAMESPACE,
      creationTimestamp: null,
      labels: {
        app: 'virtualmcpserver',
        'app.kubernetes.io/name': 'virtualmcpserver',
        'app.kubernetes.io/instance': virtualServer,
        toolhive: 'true',
        'toolhive-name': virtualServer,
        'pod-template-hash': '7d9f5c6b48',
      },
      annotations: {
        'toolhive.stacklok.dev/runconfig-checksum': CHECKSUM,
        ...(optedOut && { 'vmcp-admission.dev/inject': 'disabled' }),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${virtualServer}-7d9f5c6b48`,
          uid: '22222222-3333-4444-8555-666666666666',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managedFields('kube-controller-manager', ['containers', 'volumes', 'securityContext']),
    },
    spec: {
      serviceAccountName: `${virtualServer}-vmcp`,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      schedulerName: 'default-scheduler',
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      tolerations: ['not-ready', 'unreachable'].map((what) => ({
        key: `node.kubernetes.io/${what}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      containers: [
        {
          name: 'vmcp',
          image: 'ghcr.io/stacklok/toolhive/vmcp:v0.9.0',
          imagePullPolicy: 'IfNotPresent',
          args: ['serve', '--config=/etc/vmcp-config/config.yaml', '--host=0.0.0.0', '--port=4483'],
          ports: [{ name: 'http', containerPort: 4483, protocol: 'TCP' }],
          env: podEnv(virtualServer),
          resources: {
            requests: { cpu: '100m', memory: '128Mi' },
            limits: { cpu: '500m', memory: '512Mi' },
          },
          livenessProbe: probe('/health', 30),
          readinessProbe: probe('/readyz', 15),
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          securityContext: {
            runAsNonRoot: true,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'vmcp-config', mountPath: '/etc/vmcp-config', readOnly: true },
            ...bundles.map(({ volume, path }) => ({ name: volume, mountPath: path, readOnly: true })),
            {
              name: 'kube-api-access-x7k2p',
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
              readOnly: true,
            },
          ],
        },
      ],
      volumes: [
        { name: 'vmcp-config', configMap: { name: `${virtualServer}-vmcp-config`, defaultMode: 420 } },
        ...bundles.map(({ volume, configMap }) => ({
          name: volume,
          configMap: { name: configMap, items: [{ key: 'ca.crt', path: 'ca.crt' }], defaultMode: 420 },
        })),
        {
          name: 'kube-api-access-x7k2p',
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            ],
          },
        },
      ],
    },
    status: {},
  };
}

function podEnv(virtualServer: string): unknown[] {
  return [
    { name: 'VMCP_NAME', value: virtualServer },
    { name: 'VMCP_NAMESPACE', value: NAMESPACE },
    {
      name: 'VMCP_SESSION_HMAC_SECRET',
      valueFrom: { secretKeyRef: { name: `${virtualServer}-hmac-secret`, key: 'hmac-secret' } },
    },
    { name: 'XDG_CONFIG_HOME', value: '/tmp' },
    { name: 'HOME', value: '/tmp' },
    { name: 'TOOLHIVE_RUNTIME', value: 'kubernetes' },
    { name: 'UNSTRUCTURED_LOGS', value: 'false' },
  ];
}

function probe(path: string, initialDelaySeconds: number): unknown {
  return {
    httpGet: { path, port: 'http', scheme: 'HTTP' },
    initialDelaySeconds,
    timeoutSeconds: 5,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
}

export function podReview(index: number, virtualServer: string, groupName: string, optedOut = false): string {
  const object = vmcpPod(virtualServer, groupName, ENTRIES_WITH_CA, optedOut);
  return review({ index, operation: 'CREATE', resource: 'pods', object });
}

/** A Pod that is no vMCP's: only a widened webhook configuration sends it. */
export function foreignPodReview(index: number): string {
  const { metadata, ...rest } = vmcpPod('web', 'team', 0, false);
  const labels = { app: 'web', 'app.kubernetes.io/name': 'web', 'pod-template-hash': '7d9f5c6b48' };
  return review({
    index,
    operation: 'CREATE',
    resource: 'pods',
    object: { ...rest, metadata: { ...metadata, labels } } as KubernetesObject,
  });
}
