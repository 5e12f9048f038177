import fc from 'fast-check';
import { stringify } from 'yaml';
import {
  BASE,
  configMap,
  entry,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from './cluster.ts';
import { PEM } from './generators.ts';

/** Names and headers of which some give the same variables. */
const MEMBERS = ['a', 'b', 'a-b', 'a.b', 'x-a', 'own.x'];
const OWN_BACKENDS = ['b', 'own-x', 'a-b', 'legacy'];
const HEADERS = ['X', 'X-A', 'X_A'];

const SECRET_REF = { name: 's', key: 'k' };
/** The spec of an auth config of each type that a vMCP can use; the first two get the same variable. */
const AUTH_SPECS: Readonly<Record<string, Record<string, unknown>>> = {
  'header-a': { type: 'headerInjection', headerInjection: { headerName: 'X', valueSecretRef: SECRET_REF } },
  'header.a': { type: 'headerInjection', headerInjection: { headerName: 'X', valueSecretRef: SECRET_REF } },
  exchange: {
    type: 'tokenExchange',
    tokenExchange: { tokenUrl: 'https://idp.example/t', clientSecretRef: SECRET_REF },
  },
  xaa: {
    type: 'xaa',
    xaa: {
      idpTokenUrl: 'https://idp.example/t',
      targetTokenUrl: 'https://target.example/t',
      targetAudience: 'a',
      idpClientSecretRef: SECRET_REF,
      targetClientSecretRef: { name: 'other', key: 'k' },
    },
  },
  upstream: { type: 'upstreamInject', upstreamInject: { providerName: 'okta' } },
  sts: { type: 'awsSts', awsSts: { region: 'eu-west-1' } },
  none: { type: 'unauthenticated' },
};
const authName = fc.constantFrom(...Object.keys(AUTH_SPECS), 'nowhere');

const normalise = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
const MANIFESTS = [
  ...new Set([...MEMBERS, ...OWN_BACKENDS].map((name) => `TOOLHIVE_HEADER_FORWARD_${normalise(name)}`)),
];
const HEADER_SECRETS = ['X_A', 'X_B', 'X_A_A', 'X_A_B', 'X_OWN_X'].map(
  (tail) => `TOOLHIVE_SECRET_HEADER_FORWARD_${tail}`,
);
const VARIABLES = [
  ...MANIFESTS,
  ...HEADER_SECRETS,
  'TOOLHIVE_HEADER_INJECTION_VALUE_HEADER_A',
  'TOOLHIVE_TOKEN_EXCHANGE_CLIENT_SECRET_EXCHANGE',
  'TOOLHIVE_XAA_IDP_CLIENT_SECRET_XAA',
  'TOOLHIVE_XAA_TARGET_CLIENT_SECRET_XAA',
  'OWN',
];
const variable = fc.constantFrom(...VARIABLES);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** A variable in every form that a Pod allows. */
const envItem = fc.oneof(
  fc.record({
    name: variable,
    value: fc.constantFrom(
      'x',
      '',
      '{}',
      '$(OWN)',
      '$$',
      'vmcp-admission-the-secret-is-missing',
      ...VARIABLES.map((name) => `$(${name})`),
    ),
  }),
  fc
    .tuple(variable, fc.constantFrom({}, { optional: true }, { optional: false }))
    .map(([name, optional]) => ({ name, valueFrom: { secretKeyRef: { ...SECRET_REF, ...optional } } })),
  fc.tuple(fc.constantFrom(...MANIFESTS), fc.constantFrom(...HEADER_SECRETS)).map(([name, secret]) => ({
    name,
    value: JSON.stringify({ addHeadersFromSecret: { X: secret.replace('TOOLHIVE_SECRET_', '') } }),
  })),
);
const env = fc.array(envItem, { maxLength: 4 });

const member = fc.record({
  name: fc.constantFrom(...MEMBERS),
  kind: fc.constantFrom('MCPServerEntry', 'MCPServerEntry', 'MCPServer', 'MCPRemoteProxy'),
  group: fc.constantFrom('team', 'team', 'team', 'other'),
  headers: fc.uniqueArray(fc.constantFrom(...HEADERS), { maxLength: 2 }),
  plain: fc.boolean(),
  auth: maybe(authName),
  ca: fc.boolean(),
});

function memberObject({
  name,
  kind,
  group,
  headers,
  plain,
  auth,
  ca,
}: typeof member extends fc.Arbitrary<infer T> ? T : never): Raw {
  const spec = {
    groupRef: { name: group },
    transport: 'sse',
    ...(auth && { externalAuthConfigRef: { name: auth } }),
    headerForward: {
      ...(plain && { addPlaintextHeaders: { 'X-Plain': '$(OWN)' } }),
      addHeadersFromSecret: headers.map((headerName) => ({ headerName, valueSecretRef: SECRET_REF })),
    },
  };
  if (kind === 'MCPServerEntry')
    return entry(name, {
      ...spec,
      ...(ca && { caBundleRef: { configMapRef: { name: 'corp-ca', key: 'ca.crt' } } }),
    });
  const remote = kind === 'MCPRemoteProxy' && { remoteUrl: 'https://remote.example/mcp' };
  return toolhive(
    kind,
    name,
    { ...spec, ...remote },
    { status: { phase: 'Ready', url: 'http://x.apps.svc/sse' } },
  );
}

/** A strategy of a base config, which may read any variable. */
const strategy = fc.oneof(
  fc.constantFrom<Record<string, unknown> | null>(null, { type: 'discovered' }, { type: 'unauthenticated' }),
  variable.map((headerValueEnv) => ({
    type: 'header_injection',
    headerInjection: { headerName: 'X', headerValueEnv },
  })),
  variable.map((clientSecretEnv) => ({
    type: 'token_exchange',
    tokenExchange: { tokenUrl: 'https://t.example', clientSecretEnv },
  })),
  fc
    .constantFrom('okta', 'entra')
    .map((providerName) => ({ type: 'upstream_inject', upstreamInject: { providerName } })),
);
const base = fc.record({
  backends: fc.uniqueArray(fc.constantFrom(...OWN_BACKENDS), { maxLength: 2 }),
  strategies: fc.dictionary(fc.constantFrom(...MEMBERS, ...OWN_BACKENDS), strategy, { maxKeys: 2 }),
  fallback: maybe(strategy),
  authServer: fc.boolean(),
});

function baseObject({
  backends,
  strategies,
  fallback,
  authServer,
}: typeof base extends fc.Arbitrary<infer T> ? T : never): Raw {
  const config = {
    ...BASE,
    backends: backends.map((name) => ({ name, url: `https://${name}.own.example/mcp`, transport: 'sse' })),
    outgoingAuth: { source: 'inline', ...(fallback && { default: fallback }), backends: strategies },
  };
  return configMap('team-vmcp-vmcp-config', {
    'config.yaml': stringify(config),
    ...(authServer && { 'authserver-config.yaml': 'upstreams: [{name: okta}]' }),
  });
}

const choice = fc.oneof(
  fc.constant({ type: 'discovered' }),
  authName.map((name) => ({ type: 'externalAuthConfigRef', externalAuthConfigRef: { name } })),
);
const server = fc.record({
  source: fc.constantFrom('inline', 'inline', 'inline', 'discovered'),
  group: fc.constantFrom('team', 'team', 'team', 'other'),
  fallback: maybe(choice),
  choices: fc.dictionary(fc.constantFrom(...MEMBERS), choice, { maxKeys: 2 }),
  /** The Pod may have none of these variables, or others of their names. */
  template: fc.array(envItem, { maxLength: 3 }),
  upstreams: fc.boolean(),
});

function serverObject({
  source,
  group,
  fallback,
  choices,
  template,
  upstreams,
}: typeof server extends fc.Arbitrary<infer T> ? T : never): Raw {
  return virtualServer(
    { source, ...(fallback && { default: fallback }), backends: choices },
    {
      groupRef: { name: group },
      podTemplateSpec: { spec: { containers: [{ name: 'vmcp', env: template }] } },
      ...(upstreams && { authServerConfig: { upstreamProviders: [{ name: 'okta' }] } }),
    },
  );
}

/** What the cluster has at one moment, of which two groups have members. */
export const moment = fc
  .record({
    members: fc.uniqueArray(member, { maxLength: 4, selector: ({ name, kind }) => `${kind} ${name}` }),
    base,
    server,
  })
  .map((given): Raw[] => [
    toolhive('MCPGroup', 'team', {}),
    toolhive('MCPGroup', 'other', {}),
    ...Object.entries(AUTH_SPECS).map(([name, spec]) => toolhive('MCPExternalAuthConfig', name, spec)),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'apps' }, data: { k: 'eA==' } },
    configMap('corp-ca', { 'ca.crt': PEM }),
    serverObject(given.server),
    baseObject(given.base),
    ...given.members.map(memberObject),
  ]);

const caVolume = maybe(
  fc.record({
    name: fc.constantFrom('ca-bundle-a', 'ca-bundle-b', 'vmcp-admission-config'),
    configMap: fc.constantFrom({ name: 'gone' }, { name: 'corp-ca', optional: true }),
  }),
);

/** A vMCP Pod of either class, with other containers beside the vMCP that may use its volumes. */
export const vmcpPod = fc
  .record({
    operatorMade: fc.boolean(),
    group: fc.constantFrom('team', 'team', 'other'),
    env,
    envFrom: fc.array(
      fc.constantFrom('', 'TOOLHIVE_', 'TOOLHIVE_HEADER_FORWARD_', 'TOOLHIVE_SECRET_', 'MINE_', undefined),
      {
        maxLength: 2,
      },
    ),
    command: maybe(variable.map((name) => ['/vmcp', `$(${name})`])),
    config: fc.constantFrom(
      '/etc/vmcp-config/config.yaml',
      '/etc/vmcp-config/config.yaml',
      '$(OWN)/config.yaml',
    ),
    volume: caVolume,
    usedBy: fc.subarray(['vmcp', 'sidecar', 'init']),
  })
  .map(({ operatorMade, group, volume, usedBy, ...given }): Raw => {
    const pod = structuredClone(operatorMade ? operatorMadePod() : selfManagedPod()) as unknown as {
      metadata: { annotations?: Record<string, string> };
      spec: { containers: Record<string, unknown>[]; initContainers?: unknown[]; volumes: unknown[] };
    };
    if (!operatorMade) pod.metadata.annotations = { 'vmcp-admission.dev/group': group };
    const mountsOf = (user: string) =>
      volume && usedBy.includes(user) ? [{ name: volume.name, mountPath: '/etc/toolhive/ca-bundles/a' }] : [];
    const [vmcp] = pod.spec.containers;
    Object.assign(vmcp ?? {}, {
      args: ['serve', `--config=${given.config}`],
      env: [{ name: 'OWN', value: '/etc/vmcp-config' }, ...given.env],
      ...(given.command && { command: given.command }),
      ...(given.envFrom.length > 0 && {
        envFrom: given.envFrom.map((prefix) => ({
          ...(prefix !== undefined && { prefix }),
          secretRef: { name: 's' },
        })),
      }),
      volumeMounts: [...((vmcp?.volumeMounts as unknown[]) ?? []), ...mountsOf('vmcp')],
    });
    pod.spec.containers.push({ name: 'sidecar', env: given.env, volumeMounts: mountsOf('sidecar') });
    pod.spec.initContainers = [{ name: 'init', env: given.env, volumeMounts: mountsOf('init') }];
    if (volume) pod.spec.volumes.push(volume);
    return pod as unknown as Raw;
  });
