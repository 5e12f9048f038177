// A vMCP Pod as its Deployment makes it.
import { type KubernetesObject, managedFields, NAMESPACE } from './cluster.ts';
import { CHECKSUM } from './configMaps.ts';

/** A Pod as the operator's Deployment makes it, CA volumes and header variables of the entries included. */
export function vmcpPod(
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
