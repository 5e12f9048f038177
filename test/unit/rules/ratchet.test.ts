import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { policyOf } from './policy/support.ts';
import {
  compositeTool,
  entry,
  optimized,
  review,
  type Spec,
  scopes,
  TEAM,
  virtualServer,
  yaml,
} from './support.ts';

const METADATA_URL = 'http://169.254.169.254/latest';

const backends = (...list: readonly [name: string, url: string][]) =>
  virtualServer({ config: { backends: list.map(([name, url]) => ({ name, url })) } });
const secretHeaders = (...list: readonly [headerName: string, secret: string][]) =>
  entry({
    headerForward: {
      addHeadersFromSecret: list.map(([headerName, name]) => ({
        headerName,
        valueSecretRef: { name, key: 'k' },
      })),
    },
  });
const plainHeaders = (headers: Readonly<Record<string, string>>) =>
  entry({ headerForward: { addPlaintextHeaders: headers } });
const overrides = (...names: readonly string[]) =>
  virtualServer({
    outgoingAuth: {
      source: 'inline',
      backends: Object.fromEntries(names.map((name) => [name, { type: 'discovered' }])),
    },
  });
/** A composite tool whose steps call a tool; the operator cannot decode the steps that are called wrong. */
const definition = (...steps: readonly [id: string, wrong?: 'wrong'][]) =>
  compositeTool(
    steps.map(([id, wrong]) => ({ id, tool: 'billing.find', ...(wrong && { defaultResults: [] }) })),
  );
/** An auth config whose role mappings have priorities. */
const roles = (...priorities: readonly number[]): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'aws', namespace: 'default' },
  spec: {
    type: 'awsSts',
    awsSts: {
      region: 'eu-west-1',
      roleMappings: priorities.map((priority) => ({
        claim: 'c',
        roleArn: 'arn:aws:iam::1:role/a',
        priority,
      })),
    },
  },
});
/** A composite tool of which each step depends on the one before, the first on the last. */
const cycle = (count: number) =>
  compositeTool(
    Array.from({ length: count }, (_, index) => ({
      id: `s${index}`,
      tool: 'billing.find',
      dependsOn: [`s${(index + 1) % count}`],
    })),
  );
const reversed = (tool: KubernetesObject): KubernetesObject => ({
  ...tool,
  spec: { ...(tool.spec as Spec), steps: ((tool.spec as Spec).steps as unknown[]).toReversed() },
});
const optimizer = (...headers: readonly string[]) =>
  virtualServer({
    incomingAuth: { type: 'anonymous' },
    config: {
      optimizer: {
        embeddingProvider: 'openai',
        embeddingService: 'https://e.example',
        embeddingModel: 'm',
        embeddingHeaders: Object.fromEntries(headers.map((name) => [name, 'x'])),
      },
    },
  });
/** A composite tool whose steps have one id, and need these steps. */
const needing = (...steps: readonly (readonly string[])[]) =>
  compositeTool(steps.map((dependsOn) => ({ id: 'a', tool: 'billing.find', dependsOn })));
const awsRoles = (...roleMappings: readonly Spec[]): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'aws', namespace: 'default' },
  spec: { type: 'awsSts', awsSts: { region: 'eu-west-1', roleMappings } },
});
const toolOverrides = (...list: readonly Spec[]) =>
  virtualServer({
    config: {
      aggregation: {
        conflictResolution: 'prefix',
        tools: list.map((find) => ({ workload: 'billing', overrides: { find } })),
      },
    },
  });
/** A vMCP whose policies see an upstream that its auth server does not have. */
const upstreams = (...names: readonly string[]) =>
  virtualServer({
    incomingAuth: {
      type: 'oidc',
      oidcConfigRef: { name: 'idp', audience: 'https://v.example', resourceUrl: 'https://v.example' },
      authzConfig: { type: 'inline', inline: { policies: ['permit(principal, action, resource);'] } },
    },
    authServerConfig: {
      issuer: 'https://idp.example',
      primaryUpstreamProvider: 'other',
      upstreamProviders: names.map((name) => ({
        name,
        type: 'oidc',
        oidcConfig: { issuerUrl: 'https://g.example', clientId: 'a' },
      })),
    },
  });
/** An entry whose `http://` URL gets what must be sent over https. */
const overHttp = (host: string, ...receives: readonly ('auth' | 'ca' | 'X-A' | 'X-B')[]) =>
  entry({
    remoteUrl: `http://${host}/`,
    ...(receives.includes('auth') && { externalAuthConfigRef: { name: 'sts' } }),
    ...(receives.includes('ca') && { caBundleRef: { configMapRef: { name: 'ca', key: 'k' } } }),
    headerForward: {
      addHeadersFromSecret: receives
        .filter((name) => name.startsWith('X-'))
        .map((headerName) => ({ headerName, valueSecretRef: { name: 's', key: 'k' } })),
    },
  });
const authConfig = (spec: Spec): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'sts', namespace: 'default' },
  spec,
});
const injected = (headerName: string) =>
  authConfig({
    type: 'headerInjection',
    headerInjection: { headerName, valueSecretRef: { name: 's', key: 'k' } },
  });
const exchanged = (tokenUrl: string) =>
  authConfig({
    type: 'tokenExchange',
    tokenExchange: { tokenUrl, audience: 'a', clientId: 'c', clientSecretRef: { name: 's', key: 'k' } },
  });
const xaa = (idpTokenUrl: string, targetTokenUrl: string) =>
  authConfig({ type: 'xaa', xaa: { idpTokenUrl, targetTokenUrl, targetAudience: 'a' } });
const server = (spec: Spec): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServer',
  metadata: { name: 's', namespace: 'default' },
  spec: { image: 'x', ...spec },
});
/** A server with limits for tools, of which the operator cannot decode the wrong ones. */
const limited = (...tools: readonly [name: string, wrong?: 'wrong'][]) =>
  server({
    rateLimiting: {
      tools: tools.map(([name, wrong]) => ({
        name,
        shared: { maxTokens: wrong ? 3_000_000_000 : 3, refillPeriod: '1m' },
      })),
    },
  });
/** A server whose Pod template has variables with these values; Kubernetes reads only texts. */
const variables = (...values: readonly unknown[]) =>
  server({
    podTemplateSpec: {
      spec: {
        containers: [{ name: 'mcp', env: values.map((value, index) => ({ name: `V${index}`, value })) }],
      },
    },
  });
const template = (text: string): KubernetesObject => ({
  ...definition(),
  spec: {
    name: 'report',
    description: 'makes a report',
    steps: [{ id: 'a', tool: 'billing.find', arguments: { x: text } }],
  },
});
const TEXTS = Array.from({ length: 11 }, () => 'x');
/** Some rules only warn unless a policy says so. */
const POLICY = policyOf('rules: {remote-url-cleartext: deny}');
const bytes = (count: number) => plainHeaders({ 'X-A': 'a'.repeat(count) });

type Row = readonly [what: string, before: KubernetesObject, after: KubernetesObject];

describe('an update is denied when it adds', () => {
  it.each<Row>([
    [
      'a second backend with the same metadata URL',
      backends(['a', METADATA_URL]),
      backends(['a', METADATA_URL], ['b', METADATA_URL]),
    ],
    [
      'a second backend of the same name with the same metadata URL',
      backends(['a', METADATA_URL]),
      backends(['a', METADATA_URL], ['a', METADATA_URL]),
    ],
    [
      'a backend whose name is a number, beside one whose name is another',
      backends(['1', METADATA_URL]),
      backends(['1', METADATA_URL], ['2', METADATA_URL]),
    ],
    [
      'a metadata URL to another backend, taking it from the first',
      backends(['a', METADATA_URL], ['b', 'http://b.example/']),
      backends(['a', 'http://a.example/'], ['b', METADATA_URL]),
    ],
    [
      'a second header with an empty Secret name',
      secretHeaders(['X-A', '']),
      secretHeaders(['X-A', ''], ['X-B', '']),
    ],
    [
      'a third case of a header',
      secretHeaders(['X-A', 's'], ['x-a', 's']),
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['X-a', 's']),
    ],
    [
      'other headers that share a variable',
      secretHeaders(['X-A', 's'], ['X.A', 's']),
      secretHeaders(['Y-A', 's'], ['Y.A', 's']),
    ],
    ['an override of type discovered', overrides('1'), overrides('1', '2')],
    [
      'a field that cannot be decoded to another step, taking it from the first',
      definition(['a', 'wrong'], ['b']),
      definition(['a'], ['b', 'wrong']),
    ],
    [
      'a number that cannot be decoded to a second item without a name',
      roles(10_000_000_000, 1),
      roles(10_000_000_000, 10_000_000_000),
    ],
    ['a step to a tool with too many', cycle(120), cycle(121)],
    ['a second wrong header to the optimizer', optimizer('a b'), optimizer('a b', 'c d')],
    ['bytes to headers that are too large', bytes(140_000), bytes(140_001)],
    [
      'a header twice, in place of another',
      plainHeaders({ 'X-A': 'a', 'x-a': 'a' }),
      plainHeaders({ Y: 'a', y: 'a' }),
    ],
    ['another name that is not a header', injected('a b'), injected('c d')],
    ['a secret header to http', overHttp('a.example', 'X-A'), overHttp('a.example', 'X-A', 'X-B')],
    [
      'an auth config to http with a header',
      overHttp('a.example', 'X-A'),
      overHttp('a.example', 'X-A', 'auth'),
    ],
    [
      'a header to http with an auth config',
      overHttp('a.example', 'auth'),
      overHttp('a.example', 'X-A', 'auth'),
    ],
    ['a CA bundle to http', overHttp('a.example', 'auth'), overHttp('a.example', 'auth', 'ca')],
    ...(['auth', 'ca', 'X-A'] as const).map(
      (one): Row => [
        `another http host, with ${one}`,
        overHttp('a.example', one),
        overHttp('b.example', one),
      ],
    ),
    [
      'another http URL for a client secret',
      exchanged('http://a.example/token'),
      exchanged('http://b.example/token'),
    ],
    [
      'a bad URL to the second token endpoint, taking it from the first',
      xaa(METADATA_URL, 'https://a.example/'),
      xaa('https://a.example/', METADATA_URL),
    ],
    [
      'a number that cannot be decoded to another field, taking it from the first',
      server({ replicas: 10_000_000_000, backendReplicas: 1 }),
      server({ replicas: 1, backendReplicas: 10_000_000_000 }),
    ],
    [
      'the same to another item with a name, taking it from the first',
      limited(['a', 'wrong'], ['b']),
      limited(['a'], ['b', 'wrong']),
    ],
    ['a second wrong value to a Pod template', variables(1, 'x'), variables(1, 1)],
    ['another fault to the same field', template('{{'), template('{{end}}')],
  ])('%s', async (_what, oldObject, object) => {
    expect(await review({ object: oldObject, cluster: TEAM, policy: POLICY })).toMatchObject({
      kind: 'denied',
    });
    expect(await review({ object, oldObject, cluster: TEAM, policy: POLICY })).toMatchObject({
      kind: 'denied',
    });
  });
});

describe('an update is allowed, with the pre-existing violations as warnings, when it', () => {
  it.each<Row>([
    [
      'removes a backend in front of a bad one',
      backends(['a', 'http://a.example/'], ['b', METADATA_URL]),
      backends(['b', METADATA_URL]),
    ],
    [
      'reorders backends',
      backends(['a', METADATA_URL], ['b', 'http://b.example/'], ['c', METADATA_URL]),
      backends(['c', METADATA_URL], ['b', 'http://b.example/'], ['a', METADATA_URL]),
    ],
    [
      'removes one of two backends of one name',
      backends(['a', METADATA_URL], ['a', METADATA_URL]),
      backends(['a', METADATA_URL]),
    ],
    [
      'removes one of three backends of one name',
      backends(['a', METADATA_URL], ['a', METADATA_URL], ['a', METADATA_URL]),
      backends(['a', METADATA_URL], ['a', METADATA_URL]),
    ],
    [
      'reorders headers of one name',
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['Y', 't']),
      secretHeaders(['Y', 't'], ['x-a', 's'], ['X-A', 's']),
    ],
    [
      'removes one of three cases of a header',
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['X-a', 's']),
      secretHeaders(['x-a', 's'], ['X-a', 's']),
    ],
    [
      'removes a step in front of one that cannot be decoded',
      definition(['a'], ['b', 'wrong']),
      definition(['b', 'wrong']),
    ],
    [
      'reorders items without a name of which one cannot be decoded',
      roles(1, 10_000_000_000),
      roles(10_000_000_000, 1),
    ],
    ['reorders steps that depend on each other in a cycle', cycle(2), reversed(cycle(2))],
    ['reorders steps of one id of which one needs itself', needing(['a'], []), needing([], ['a'])],
    [
      'removes an AWS role in front of one without an ARN, a claim and a matcher',
      awsRoles({ claim: 'c', roleArn: 'arn:aws:iam::123456789012:role/r' }, {}),
      awsRoles({}),
    ],
    [
      'reorders two items for the tools of one workload, of which one has an empty override',
      toolOverrides({ name: 'x' }, {}),
      toolOverrides({}, { name: 'x' }),
    ],
    ['removes a step of a tool with too many', cycle(120), cycle(119)],
    [
      'removes one of two fields that switch the optimizer on beside policies',
      optimized({ embeddingServerRef: { name: 'e' }, config: { optimizer: {} } }),
      optimized({ embeddingServerRef: { name: 'e' } }),
    ],
    ['removes a wrong header of the optimizer', optimizer('a b', 'c d'), optimizer('c d')],
    ['reorders upstreams of which it names none', upstreams('a', 'b'), upstreams('b', 'a')],
    ['removes an upstream, though it names none', upstreams('a', 'b'), upstreams('b')],
    ...[{ baselineClientScopes: ['other'] }, { delegateClients: [{ clientId: 'c', scopes: ['other'] }] }].map(
      (server): Row => [
        'removes a scope that is not the one that is missing',
        scopes(server, 'a', 'b'),
        scopes(server, 'a'),
      ],
    ),
    ['reorders overrides', overrides('a', '1'), overrides('1', 'a')],
    [
      'removes a secret header that is sent over http',
      overHttp('a.example', 'X-A', 'X-B', 'auth', 'ca'),
      overHttp('a.example', 'X-A', 'auth', 'ca'),
    ],
    [
      'removes an auth config that is used over http',
      overHttp('a.example', 'X-A', 'auth', 'ca'),
      overHttp('a.example', 'X-A', 'ca'),
    ],
    [
      'removes all headers that are sent over http',
      overHttp('a.example', 'X-A', 'auth'),
      overHttp('a.example', 'auth'),
    ],
    [
      'removes a CA bundle that http ignores',
      overHttp('a.example', 'X-A', 'ca'),
      overHttp('a.example', 'X-A'),
    ],
    ['reorders variables of a Pod template', variables(...TEXTS, 1), variables(1, ...TEXTS)],
    ['shortens headers that are still too large', bytes(150_000), bytes(140_000)],
    [
      'removes the secret headers of an entry whose headers are still too large',
      entry({
        headerForward: {
          addPlaintextHeaders: { 'X-A': 'a'.repeat(140_000) },
          addHeadersFromSecret: [{ headerName: 'X-B', valueSecretRef: { name: 's', key: 'k' } }],
        },
      }),
      bytes(140_000),
    ],
    [
      'spells the field of a bad URL as today',
      entry({ remoteUrl: undefined, remoteURL: 'http://localhost/' }),
      entry({ remoteUrl: 'http://localhost/' }),
    ],
  ])('%s', async (_what, oldObject, object) => {
    expect(await review({ object, cluster: TEAM, policy: POLICY })).toMatchObject({ kind: 'denied' });
    const outcome = await review({ object, oldObject, cluster: TEAM, policy: POLICY });
    expect(outcome).toMatchObject({ kind: 'allowed' });
    expect(outcome.warnings.join('\n')).toContain(
      'pre-existing violation, allowed because this update does not touch it: ',
    );
  });
});

/** What the objects of the next table meet: callers without tokens, and two of everything that has no token or no provider. */
const SURROUNDINGS = yaml(
  [
    ...['one', 'two'].flatMap((name) => [
      `kind: MCPGroup\nmetadata: {name: ${name}}\nstatus: {phase: Ready}`,
      `kind: MCPExternalAuthConfig\nmetadata: {name: token-${name}}\nspec: {type: tokenExchange, tokenExchange: {tokenUrl: https://idp.example/t, audience: a}}`,
      `kind: MCPExternalAuthConfig\nmetadata: {name: inject-${name}}\nspec: {type: upstreamInject, upstreamInject: {providerName: p}}`,
      `kind: MCPExternalAuthConfig\nmetadata: {name: xaa-${name}}\nspec: {type: xaa, xaa: {idpTokenUrl: https://i.example/, targetTokenUrl: https://t.example/, targetAudience: a}}`,
      ...['token', 'inject', 'xaa'].map(
        (config) =>
          `kind: MCPServerEntry\nmetadata: {name: ${config}-${name}}\nspec: {remoteUrl: https://e.example/mcp, transport: sse, groupRef: {name: ${name}}, externalAuthConfigRef: {name: ${config}-${name}}}`,
      ),
    ]),
    'kind: VirtualMCPServer\nmetadata: {name: v}\nspec: {groupRef: {name: team}, incomingAuth: {type: anonymous}, passthroughHeaders: [X-A, X-B]}',
    'kind: MCPServerEntry\nmetadata: {name: later}\nspec: {remoteUrl: https://e.example/mcp, transport: sse, groupRef: {name: one}, externalAuthConfigRef: {name: inject-three}}',
    'kind: MCPExternalAuthConfig\nmetadata: {name: inject-three}\nspec: {type: upstreamInject, upstreamInject: {providerName: p}}',
    'kind: MCPExternalAuthConfig\nmetadata: {name: plain}\nspec: {type: unauthenticated}',
    'kind: MCPServer\nmetadata: {name: billing}\nspec: {image: x, transport: stdio, groupRef: {name: one}}',
  ]
    .map((text) => `apiVersion: toolhive.stacklok.dev/v1beta1\n${text}`)
    .join('\n---\n'),
).map((object) => ({ ...object, metadata: { ...(object.metadata as object), namespace: 'default' } }));

/** Raises what only warns by default. */
const STRICT = policyOf(`
rules: {auth-without-identity: deny, auth-provider-ambiguous: deny, header-passthrough-clash: deny, name-shared: deny}
credentials: [{secret: default/key, hosts: [good.example]}]
caBundle: {}
`);

const serves = (group: string, spec: Spec) => virtualServer({ groupRef: { name: group }, ...spec });
const chooses = (config: string, spec: Spec = {}) =>
  serves('team', {
    outgoingAuth: {
      source: 'inline',
      default: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: config } },
    },
    ...spec,
  });
const anonymous = { incomingAuth: { type: 'anonymous' } };
const twoProviders = {
  incomingAuth: { type: 'oidc', oidcConfigRef: { name: 'o', audience: 'a', resourceUrl: 'a' } },
  authServerConfig: { issuer: 'https://v.example', upstreamProviders: [{ name: 'a' }, { name: 'b' }] },
};
const keyTo = (remoteUrl: string) =>
  entry({
    remoteUrl,
    headerForward: {
      addHeadersFromSecret: [{ headerName: 'X-Key', valueSecretRef: { name: 'key', key: 'k' } }],
    },
  });

const upstreamWithKey = (named: string): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'server', namespace: 'default' },
  spec: {
    type: 'embeddedAuthServer',
    embeddedAuthServer: {
      issuer: 'https://a.example',
      upstreamProviders: ['a', 'b'].map((name) => ({
        name,
        type: 'oidc',
        oidcConfig: {
          issuerUrl: 'https://evil.example',
          clientId: 'c',
          clientSecretRef: { name: name === named ? 'key' : 'other', key: 'k' },
        },
      })),
    },
  },
});

type StrictRow = readonly [rule: string, what: string, before: KubernetesObject, after: KubernetesObject];

describe('where a policy denies it, an update is denied when it', () => {
  it.each<StrictRow>([
    [
      'auth-without-identity',
      'names another config that needs a token',
      entry({ externalAuthConfigRef: { name: 'token-one' } }),
      entry({ externalAuthConfigRef: { name: 'token-two' } }),
    ],
    ['auth-without-identity', 'serves another group', serves('one', anonymous), serves('two', anonymous)],
    [
      'auth-without-identity',
      'chooses another config that needs a token',
      chooses('token-one', anonymous),
      chooses('token-two', anonymous),
    ],
    [
      'auth-provider-missing',
      'serves another group whose provider it lacks',
      serves('one', { ...twoProviders, outgoingAuth: { source: 'inline' } }),
      serves('two', { ...twoProviders, outgoingAuth: { source: 'inline' } }),
    ],
    [
      'auth-provider-missing',
      'chooses another config whose provider it lacks',
      chooses('inject-one', twoProviders),
      chooses('inject-two', twoProviders),
    ],
    [
      'auth-provider-ambiguous',
      'chooses another config that names none of two providers',
      chooses('xaa-one', twoProviders),
      chooses('xaa-two', twoProviders),
    ],
    [
      'header-passthrough-clash',
      'sets another header that is passed through',
      plainHeaders({ 'X-A': 'a' }),
      plainHeaders({ 'X-B': 'a' }),
    ],
    [
      'name-shared',
      'moves into the group of a server of its name',
      entry({ groupRef: { name: 'two' } }),
      entry({ groupRef: { name: 'one' } }),
    ],
    [
      'ca-bundle-required',
      'goes to another private host',
      entry({ remoteUrl: 'https://10.0.0.1/', allowPrivateEndpoint: true }),
      entry({ remoteUrl: 'https://10.0.0.2/', allowPrivateEndpoint: true }),
    ],
    [
      'credential-host',
      'sends a guarded Secret to another host',
      keyTo('https://one.example/mcp'),
      keyTo('https://two.example/mcp'),
    ],
    [
      'credential-host',
      'sends a guarded Secret by another upstream',
      upstreamWithKey('a'),
      upstreamWithKey('b'),
    ],
  ])('%s: %s', async (rule, _what, oldObject, object) => {
    const spec = { cluster: [...TEAM, ...SURROUNDINGS], policy: STRICT };
    const denied = { kind: 'denied', causes: expect.arrayContaining([expect.objectContaining({ rule })]) };
    expect(await review({ ...spec, object: oldObject })).toMatchObject(denied);
    expect(await review({ ...spec, object, oldObject })).toMatchObject(denied);
    const untouched = { ...oldObject, metadata: { ...(oldObject.metadata as object), labels: { a: 'b' } } };
    expect(await review({ ...spec, object: untouched, oldObject })).toMatchObject({ kind: 'allowed' });
  });

  it('but not when it leaves the group of a server of its name', async () => {
    const [oldObject, object] = ['one', 'two'].map((name) => entry({ groupRef: { name } }));
    const spec = { object, cluster: [...TEAM, ...SURROUNDINGS], policy: STRICT };
    expect(await review(spec)).toMatchObject({ kind: 'denied' });
    expect(await review({ ...spec, oldObject })).toMatchObject({ kind: 'allowed' });
  });

  it('but not when it replaces the config of one of two members whose provider it lacks', async () => {
    const plain = { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'plain' } };
    const oldObject = serves('one', { ...twoProviders, outgoingAuth: { source: 'inline' } });
    const object = serves('one', {
      ...twoProviders,
      outgoingAuth: { source: 'inline', backends: { 'inject-one': plain, 'xaa-one': plain } },
    });
    const spec = { cluster: [...TEAM, ...SURROUNDINGS], policy: STRICT };
    expect(await review({ ...spec, object, oldObject })).toMatchObject({ kind: 'allowed' });
    expect(await review({ ...spec, object })).toMatchObject({ kind: 'denied' });
  });

  it('but not when it sends a guarded Secret to another path of the same host', async () => {
    const [oldObject, object] = [keyTo('https://one.example/mcp'), keyTo('https://one.example/other')];
    const spec = { object, oldObject, cluster: TEAM, policy: STRICT };
    expect(await review(spec)).toMatchObject({ kind: 'allowed' });
  });
});

it('an update that removes a parameter is not denied for a template that reads one that never was', async () => {
  const tool = (...parameters: readonly string[]): KubernetesObject => ({
    ...definition(),
    spec: {
      name: 'report',
      description: 'makes a report',
      parameters: { type: 'object', properties: Object.fromEntries(parameters.map((name) => [name, {}])) },
      steps: [{ id: 'a', tool: 'billing.find', arguments: { x: '{{.params.other}}' } }],
    },
  });
  const policy = policyOf('rules: {composite-tool-reference: deny}');
  const spec = { oldObject: tool('a', 'b'), object: tool('a'), cluster: TEAM, policy };
  expect(await review(spec)).toMatchObject({ kind: 'allowed' });
  expect(await review({ ...spec, oldObject: undefined })).toMatchObject({ kind: 'denied' });
});

describe('an update of what is in the URL of a workload', () => {
  const stored = (url?: string) => ({ ...server({ proxyPort: 8080 }), ...(url && { status: { url } }) });
  const moved = async (oldObject: KubernetesObject) =>
    (await review({ object: server({ proxyPort: 9090 }), oldObject, cluster: TEAM })).warnings;

  it('is told that ToolHive keeps the URL, unless there is none yet', async () => {
    expect(await moved(stored('http://old.example:8080'))).toEqual([
      expect.stringMatching(
        /^spec\.proxyPort: changes, but ToolHive keeps status\.url \(http:\/\/old\.example:8080\)/,
      ),
    ]);
    expect(await moved(stored())).toEqual([]);
  });
});
