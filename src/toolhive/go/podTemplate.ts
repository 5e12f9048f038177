import { type GoType, struct } from './types.ts';

/** The fields of PodTemplateSpec that manifests use, with their types in Go. Source: k8s.io/api/core/v1. */

const strings: GoType = { list: 'string' };
const stringMap: GoType = { mapOf: 'string' };
const quantities: GoType = { mapOf: 'quantity' };

function all(type: GoType, ...names: readonly string[]): Record<string, GoType> {
  return Object.fromEntries(names.map((name) => [name, type]));
}

const metadata = struct({
  ...all('string', 'name', 'namespace'),
  ...all(stringMap, 'labels', 'annotations'),
});

const keyRef = struct({ ...all('string', 'name', 'key'), optional: 'bool' });
const env = struct({
  ...all('string', 'name', 'value'),
  valueFrom: struct({
    ...all(keyRef, 'secretKeyRef', 'configMapKeyRef'),
    fieldRef: struct(all('string', 'apiVersion', 'fieldPath')),
    resourceFieldRef: struct({ ...all('string', 'containerName', 'resource'), divisor: 'quantity' }),
  }),
});
const source = struct({ name: 'string', optional: 'bool' });
const port = struct({
  ...all('string', 'name', 'protocol', 'hostIP'),
  ...all('int32', 'containerPort', 'hostPort'),
});
const mount = struct({ ...all('string', 'name', 'mountPath', 'subPath', 'subPathExpr'), readOnly: 'bool' });
const probe = struct({
  ...all('int32', 'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold'),
  failureThreshold: 'int32',
  exec: struct({ command: strings }),
  httpGet: struct(all('string', 'path', 'host', 'scheme')),
});
const securityContext = struct({
  ...all('bool', 'privileged', 'runAsNonRoot', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation'),
  ...all('int64', 'runAsUser', 'runAsGroup', 'fsGroup'),
  capabilities: struct(all(strings, 'add', 'drop')),
  supplementalGroups: { list: 'int64' },
});
const container = struct({
  ...all('string', 'name', 'image', 'imagePullPolicy', 'workingDir', 'terminationMessagePath'),
  ...all(strings, 'command', 'args'),
  env: { list: env },
  envFrom: { list: struct({ prefix: 'string', ...all(source, 'secretRef', 'configMapRef') }) },
  ports: { list: port },
  volumeMounts: { list: mount },
  resources: struct({ ...all(quantities, 'limits', 'requests') }),
  securityContext,
  ...all(probe, 'livenessProbe', 'readinessProbe', 'startupProbe'),
});

const keyPaths: GoType = { list: struct({ ...all('string', 'key', 'path'), mode: 'int32' }) };
const volume = struct({
  name: 'string',
  configMap: struct({ name: 'string', optional: 'bool', defaultMode: 'int32', items: keyPaths }),
  secret: struct({ secretName: 'string', optional: 'bool', defaultMode: 'int32', items: keyPaths }),
  emptyDir: struct({ medium: 'string', sizeLimit: 'quantity' }),
  persistentVolumeClaim: struct({ claimName: 'string', readOnly: 'bool' }),
  hostPath: struct(all('string', 'path', 'type')),
  projected: struct({ defaultMode: 'int32', sources: { list: 'object' } }),
});
const toleration = struct({
  ...all('string', 'key', 'operator', 'value', 'effect'),
  tolerationSeconds: 'int64',
});

export const POD_TEMPLATE = struct({
  metadata,
  spec: struct({
    ...all({ list: container }, 'containers', 'initContainers'),
    volumes: { list: volume },
    nodeSelector: stringMap,
    tolerations: { list: toleration },
    affinity: 'object',
    topologySpreadConstraints: { list: 'object' },
    imagePullSecrets: { list: struct({ name: 'string' }) },
    securityContext,
    ...all(
      'string',
      'serviceAccountName',
      'priorityClassName',
      'restartPolicy',
      'schedulerName',
      'dnsPolicy',
    ),
    ...all('string', 'nodeName', 'hostname', 'subdomain', 'runtimeClassName'),
    ...all('bool', 'hostNetwork', 'hostPID', 'hostIPC', 'automountServiceAccountToken', 'enableServiceLinks'),
    ...all('int64', 'terminationGracePeriodSeconds', 'activeDeadlineSeconds'),
    priority: 'int32',
  }),
});
