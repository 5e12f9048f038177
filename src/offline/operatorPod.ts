import { stringify } from 'yaml';
import { INSTANCE_LABEL, NAME_LABEL, OPERATOR_NAME, VMCP_CONTAINER } from '../injection/contract.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';

const IMAGE = 'ghcr.io/stacklok/toolhive/vmcp:latest';
const CONFIG_DIRECTORY = '/etc/vmcp-config';
const PORT = 4483;
const USER = 1000;

/** The ConfigMap in which the operator keeps a vMCP's config. */
export function operatorConfigMapName(vmcp: string): string {
  return `${vmcp}-vmcp-config`;
}

function probe(path: string, initialDelaySeconds: number): unknown {
  return { httpGet: { path, port: 'http' }, initialDelaySeconds };
}

/**
 * The Pod that ToolHive's operator would make for a VirtualMCPServer, without what it adds for entries and auth: injection
 * brings that. A fixed name takes the place of the random one. Source: the operator's Deployment.
 */
export function operatorPod(server: VirtualMcpServer): unknown {
  const { name, namespace } = server.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-pod`,
      ...(namespace !== '' && { namespace }),
      labels: {
        app: OPERATOR_NAME,
        [NAME_LABEL]: OPERATOR_NAME,
        [INSTANCE_LABEL]: name,
        toolhive: 'true',
        'toolhive-name': name,
      },
    },
    spec: {
      serviceAccountName: `${name}-vmcp`,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: VMCP_CONTAINER,
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: ['serve', `--config=${CONFIG_DIRECTORY}/config.yaml`, '--host=0.0.0.0', `--port=${PORT}`],
          ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
          env: [
            { name: 'VMCP_NAME', value: name },
            { name: 'VMCP_NAMESPACE', value: namespace },
            {
              name: 'VMCP_SESSION_HMAC_SECRET',
              valueFrom: { secretKeyRef: { name: `${name}-hmac-secret`, key: 'hmac-secret' } },
            },
            { name: 'XDG_CONFIG_HOME', value: '/tmp' },
            { name: 'HOME', value: '/tmp' },
            { name: 'TOOLHIVE_RUNTIME', value: 'kubernetes' },
            { name: 'UNSTRUCTURED_LOGS', value: 'false' },
          ],
          volumeMounts: [{ name: 'vmcp-config', mountPath: CONFIG_DIRECTORY, readOnly: true }],
          livenessProbe: probe('/health', 30),
          readinessProbe: probe('/readyz', 15),
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
          securityContext: {
            runAsNonRoot: true,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      volumes: [{ name: 'vmcp-config', configMap: { name: operatorConfigMapName(name) } }],
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/**
 * A stand-in for the ConfigMap that the operator would write, for manifests that never met an operator: `spec.config` with
 * what the operator always fills in. The default auth and the backends are left to injection.
 * @param raw the VirtualMCPServer as its manifest has it
 */
export function operatorConfigMap(server: VirtualMcpServer, raw: Fields): ConfigMap {
  const { name, namespace } = server.metadata;
  const spec = fields(raw.spec);
  const { backends: _, groupRef: __, ...config } = fields(spec.config);
  const aggregation = {
    conflictResolution: 'prefix',
    conflictResolutionConfig: { prefixFormat: '{workload}_' },
    ...fields(config.aggregation),
  };
  const text = stringify({
    ...config,
    name,
    groupRef: server.group ?? '',
    incomingAuth: { type: fields(spec.incomingAuth).type ?? 'anonymous' },
    outgoingAuth: { source: server.source },
    aggregation,
  });
  return {
    metadata: {
      name: operatorConfigMapName(name),
      namespace,
      generation: undefined,
      annotations: {},
      labels: {},
    },
    data: { 'config.yaml': text, ...(server.authServer && { 'authserver-config.yaml': '' }) },
    binaryKeys: [],
  };
}
