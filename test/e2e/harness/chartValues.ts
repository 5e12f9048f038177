/** Values with which the chart is linted, rendered and shown to the API server. `existing-namespace` stands for one that exists. */
export const VALUE_SETS: Readonly<Record<string, object>> = {
  'the defaults': {},
  'an image by digest from a registry with credentials': {
    image: {
      registry: 'registry.example',
      repository: 'team/vmcp-admission',
      digest: `sha256:${'0a'.repeat(32)}`,
    },
    imagePullSecrets: [{ name: 'registry-credentials' }],
  },
  'one replica': { replicas: 1, uninstall: { hook: false } },
  'the network of the node': {
    hostNetwork: true,
    port: 8443,
    healthPort: 8444,
    networkPolicy: { enabled: true },
  },
  'a certificate of your own': {
    certificates: { mode: 'existingSecret', secretName: 'my-tls', caBundle: 'PEM of a CA\n' },
  },
  OpenShift: { certificates: { mode: 'openshift' }, runAsUser: null },
  'named namespaces': { namespaces: { include: ['existing-namespace'] }, readSecrets: true },
  'excluded namespaces, open on failure': {
    namespaces: { exclude: ['sandbox'], matchExpressions: [{ key: 'team', operator: 'Exists' }] },
    validate: {
      failurePolicy: 'Ignore',
      timeoutSeconds: 3,
      objectSelector: { matchLabels: { checked: 'yes' } },
    },
    inject: { failurePolicy: 'Ignore', timeoutSeconds: 4 },
  },
  'a policy and settings of serve': {
    policy: {
      rules: { 'remote-url-private': 'warn' },
      urls: { allowedHosts: ['*.corp.example'], allowedCidrs: ['100.64.0.0/10'] },
      exemptNamespaces: ['sandbox'],
    },
    logLevel: 'debug',
    unknownGroup: 'allow',
    unusableConfig: 'refuse',
    failingConfig: 'refuse',
    toolhiveVersion: 'v0.47.0',
    extraArgs: ['--shutdown-delay=5s'],
  },
  'callers with certificates or tokens, from known addresses': {
    clientCertificate: { configMap: 'callers-ca', allowedNames: ['api-server-1', 'api-server-2'] },
    clientToken: { audience: 'vmcp-admission', subjects: ['system:serviceaccount:kube-system:caller'] },
    networkPolicy: {
      apiServers: ['10.1.0.0/28', '2001:db8::/64'],
      apiServerPorts: [443, 8443],
      metricsFrom: { 'kubernetes.io/metadata.name': 'monitoring' },
    },
  },
  'monitoring, labels and annotations': {
    monitoring: { podMonitor: true, prometheusRule: true, labels: { release: 'prometheus' } },
    commonLabels: { team: 'platform' },
    commonAnnotations: { owner: 'platform' },
    podLabels: { tier: 'admission' },
    podAnnotations: { scraped: 'no' },
    service: { annotations: { note: 'internal' }, ipFamilyPolicy: 'PreferDualStack' },
  },
  'Pods in a certain place': {
    priorityClassName: 'system-cluster-critical',
    nodeSelector: { pool: 'system' },
    tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '384Mi' } },
    nodeOptions: '--max-old-space-size=192',
  },
};

/** Values that the chart refuses, and what the message names. */
export const WRONG_VALUES: readonly (readonly [values: object, named: string])[] = [
  [{ replica: 2 }, "'replica' not allowed"],
  [{ replicas: 0 }, "'/replicas': minimum: got 0, want 1"],
  [{ replicas: '2' }, "'/replicas': got string, want integer"],
  [{ port: 70_000 }, "'/port': maximum: got 70,000, want 65,535"],
  [{ image: { digest: 'sha256:0a' } }, "'/image/digest': 'sha256:0a' does not match pattern"],
  [{ image: { repository: '' } }, "'/image/repository'"],
  [{ image: { pullPolicy: 'always' } }, "'/image/pullPolicy': value must be one of"],
  [{ imagePullSecrets: ['credentials'] }, "'/imagePullSecrets/0': got string, want object"],
  [{ certificates: { mode: 'selfSigned' } }, "'/certificates/mode': value must be one of"],
  [{ certificates: { duration: '90d' } }, "'/certificates/duration': '90d' does not match pattern"],
  [{ validate: { failurePolicy: 'fail' } }, "'/validate/failurePolicy': value must be one of"],
  [{ validate: { timeoutSeconds: 31 } }, "'/validate/timeoutSeconds': maximum: got 31, want 30"],
  [{ inject: { objectSelector: {} } }, "'/inject': additional properties 'objectSelector' not allowed"],
  [{ namespaces: { include: ['Team_A'] } }, "'/namespaces/include/0': 'Team_A' does not match pattern"],
  [{ namespaces: { include: 'team-a' } }, "'/namespaces/include': got string, want array"],
  [{ logLevel: 'verbose' }, "'/logLevel': value must be one of"],
  [{ readSecrets: 'true' }, "'/readSecrets': got string, want boolean"],
  [{ failingConfig: 'deny' }, "'/failingConfig': value must be one of"],
  [{ toolhiveVersion: 'latest' }, "'/toolhiveVersion': 'latest' does not match pattern"],
  [{ unknownGroup: 'deny' }, "'/unknownGroup': value must be one of"],
  [
    { policy: { rules: { 'remote-url-private': 'error' } } },
    "'/policy/rules/remote-url-private': value must be",
  ],
  [{ policy: { levels: {} } }, "'/policy': additional properties 'levels' not allowed"],
  [
    { networkPolicy: { apiServers: ['10.0.0.1'] } },
    "'/networkPolicy/apiServers/0': '10.0.0.1' does not match",
  ],
  [{ service: { ipFamilyPolicy: 'DualStack' } }, "'/service/ipFamilyPolicy': value must be one of"],
  [{ runAsUser: 0 }, "'/runAsUser': minimum: got 0, want 1"],
  [{ hostNetwork: true }, 'hostNetwork: the kubelet of the node listens on 10250; set port'],
  [{ port: 8081 }, 'port and healthPort must differ'],
  [{ clientToken: { audience: 'x' } }, 'clientToken: audience and subjects must be set together'],
];
