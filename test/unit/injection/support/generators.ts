import fc from 'fast-check';
import {
  BASE,
  baseConfigMap,
  configMap,
  entry,
  GROUP,
  OWN_BASE,
  type Raw,
  toolhive,
  virtualServer,
} from './cluster.ts';
import { readFixture } from './fixtures.ts';

const CA = readFixture('mixed-group').find(
  ({ object }) => (object.metadata as { name?: string }).name === 'corp-ca',
);
export const PEM = (CA!.object as unknown as { data: { 'ca.crt': string } }).data['ca.crt'];

/** Names that normalise alike, that are too long for a volume, or that look like something else in YAML. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a-b',
    'a.b',
    'team.a',
    'team-a',
    'yes',
    'null',
    '1e3',
    '0o7',
    '2024-01-01',
    'constructor',
  ),
  fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$/).filter((text) => !/\.[.-]|-\./.test(text)),
  fc.integer({ min: 50, max: 240 }).map((length) => 'x'.repeat(length)),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('yes', '~', '$(HOME)', '$$', '\u2028'),
);
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const secretRef = fc.constantFrom(
  { name: 's1', key: 'k' },
  { name: 's2', key: 'k' },
  { name: 'missing', key: 'k' },
);
const headers = fc.record({
  addPlaintextHeaders: fc.dictionary(fc.constantFrom('X-Plain', 'X-Other', 'Host'), headerValue, {
    maxKeys: 2,
  }),
  addHeadersFromSecret: fc.uniqueArray(
    fc.record({ headerName: fc.constantFrom('X', 'X-A', 'X-B', 'X_A'), valueSecretRef: secretRef }),
    { maxLength: 2, selector: ({ headerName }) => headerName },
  ),
});
const authName = fc.constantFrom('auth-one', 'auth.one', 'bearer', 'nowhere', 'exchange', 'sts');

const entries = fc.uniqueArray(
  fc.record({
    name,
    url: fc.constantFrom('https://a.example/mcp', 'http://localhost/', 'https://b.example:8443/sse', ''),
    transport: fc.constantFrom('sse', 'streamable-http'),
    headers: fc.option(headers, { nil: undefined }),
    auth: fc.option(authName, { nil: undefined }),
    ca: fc.option(fc.constantFrom('corp-ca', 'no-pem', 'gone', ''), { nil: undefined }),
    caKey: fc.constantFrom('ca.crt', '', 'a..b', 'other'),
    phase: fc.constantFrom('Valid', 'Valid', 'Valid', 'Failed', undefined),
    annotations: fc.dictionary(fc.constantFrom('owner', 'group', 'remote_url', 'a.b/c', 'yes'), text, {
      maxKeys: 3,
    }),
  }),
  { maxLength: 6, selector: (item) => item.name },
);
const servers = fc.uniqueArray(
  fc.record({
    name,
    transport: fc.constantFrom('stdio', 'sse', 'streamable-http'),
    url: fc.option(fc.constant('http://svc.apps.svc:8080/sse#frag'), { nil: undefined }),
    auth: fc.option(authName, { nil: undefined }),
  }),
  { maxLength: 3, selector: (item) => item.name },
);
const choice = fc.oneof(
  fc.constant({ type: 'discovered' }),
  authName.map((config) => ({ type: 'externalAuthConfigRef', externalAuthConfigRef: { name: config } })),
);

const AUTH_CONFIGS: readonly Raw[] = [
  ...['auth-one', 'auth.one'].map((config, index) =>
    toolhive('MCPExternalAuthConfig', config, {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Auth', valueSecretRef: { name: `s${index + 1}`, key: 'k' } },
    }),
  ),
  toolhive('MCPExternalAuthConfig', 'bearer', { type: 'bearerToken', bearerToken: {} }),
  toolhive('MCPExternalAuthConfig', 'exchange', {
    type: 'tokenExchange',
    tokenExchange: { tokenUrl: 'https://idp.example/t', clientSecretRef: { name: 'missing', key: 'k' } },
  }),
  toolhive('MCPExternalAuthConfig', 'sts', { type: 'awsSts', awsSts: { region: 'eu-west-1' } }),
];

/** Any cluster: entries and servers of all sorts, with any explicit and default auth. */
export const cluster = fc
  .record({
    entries,
    servers,
    fallback: fc.option(choice, { nil: undefined }),
    explicit: fc.dictionary(name, choice, { maxKeys: 3 }),
    base: fc.constantFrom<unknown>(BASE, {
      ...BASE,
      outgoingAuth: { source: 'inline', default: { type: 'discovered' } },
    }),
  })
  .map(({ entries: some, servers: others, fallback, explicit, base }): Raw[] => [
    GROUP,
    virtualServer({ ...(fallback && { default: fallback }), backends: explicit }),
    ...AUTH_CONFIGS,
    configMap('corp-ca', { 'ca.crt': PEM, 'a..b': PEM }),
    configMap('no-pem', { 'ca.crt': 'nothing' }),
    baseConfigMap(base),
    ...some.map((item) => {
      const made = entry(
        item.name,
        {
          remoteUrl: item.url,
          transport: item.transport,
          ...(item.headers && { headerForward: item.headers }),
          ...(item.auth && { externalAuthConfigRef: { name: item.auth } }),
          ...(item.ca !== undefined && { caBundleRef: { configMapRef: { name: item.ca, key: item.caKey } } }),
        },
        item.annotations,
      );
      return { ...made, status: item.phase ? { phase: item.phase } : undefined };
    }),
    ...others.map((item) =>
      toolhive(
        'MCPServer',
        item.name,
        {
          groupRef: { name: 'team' },
          transport: item.transport,
          ...(item.auth && { externalAuthConfigRef: { name: item.auth } }),
        },
        { status: { phase: 'Ready', ...(item.url && { url: item.url }) } },
      ),
    ),
  ]);

function isBase({ metadata }: Raw): boolean {
  return (metadata as { name: string }).name === 'team-vmcp-vmcp-config';
}

/** Any cluster whose operator-made ConfigMap is replaced by one that its owner wrote. */
export const ownedCluster = cluster.map((objects) =>
  objects.map((object) => (object.kind === 'ConfigMap' && isBase(object) ? baseConfigMap(OWN_BASE) : object)),
);

/** What the VirtualMCPServer names itself is required, so it is there; see the test of missing Secrets for the rest. */
export const SECRETS = new Map([
  ['s1/k', 'secret-one'],
  ['s2/k', 'secret-two'],
  ['missing/k', 'secret-three'],
]);
