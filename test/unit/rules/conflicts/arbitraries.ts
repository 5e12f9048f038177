import fc from 'fast-check';
import type { KubernetesObject } from '../../../../src/catalog/manifests/manifest.ts';

/** Few names, so that random objects meet: some normalise alike, some meet only together with a header's name. */
const NAME = fc.constantFrom('a-b', 'a.b', 'b', '1');
/** Names that ToolHive can give to a Service. */
const WORKLOAD_NAME = fc.constantFrom('a-b', 'b');
const CONFIG = fc.constantFrom('c-d', 'c.d', 'e');
const GROUP = fc.constantFrom('team', 'team', 'other');
const PROVIDER = fc.constantFrom('p', 'q');

/** The texts that objects are made of. */
interface Vocabulary {
  readonly headers: readonly string[];
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly servers: readonly string[];
  readonly caPaths: readonly string[];
}

const SOUND: Vocabulary = {
  headers: ['X', 'X-A', 'X_A', 'Y'],
  values: ['1', '2'],
  secrets: ['s', 't'],
  servers: ['https://one.example/mcp', 'https://two.example/mcp'],
  caPaths: [''],
};

/** With what the rules about one object deny, so that stored objects have violations of many kinds. */
const FLAWED: Vocabulary = {
  headers: [...SOUND.headers, 'x', 'x-a', 'Host', 'Cookie', 'no token', 'Mcp-Session-Id'],
  values: [...SOUND.values, '$(A)', 'a\nb'],
  secrets: [...SOUND.secrets, '', 'No Name'],
  servers: [...SOUND.servers, 'http://169.254.169.254/latest', 'https://u:p@one.example/#x'],
  caPaths: ['', '../a', '/a'],
};

const VMCP_URL = 'https://vmcp.example/mcp';
/** Incoming auth that goes with an auth server of the vMCP's own. */
const INCOMING_AUTH = {
  type: 'oidc',
  oidcConfigRef: { name: 'idp', audience: VMCP_URL, resourceUrl: VMCP_URL },
};

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const ref = (name: fc.Arbitrary<string>) => fc.record({ name });

const CHOICE = fc.oneof(
  fc.record({ type: fc.constant('externalAuthConfigRef'), externalAuthConfigRef: ref(CONFIG) }),
  fc.record({ type: fc.constant('discovered') }),
);
const MEMBER = { groupRef: ref(GROUP), externalAuthConfigRef: optional(ref(CONFIG)) };

function headersOf({ headers, values, secrets }: Vocabulary) {
  const item = fc.record({
    headerName: fc.constantFrom(...headers),
    valueSecretRef: fc.record({ name: fc.constantFrom(...secrets), key: fc.constant('k') }),
  });
  return fc.record(
    {
      addPlaintextHeaders: fc.dictionary(fc.constantFrom(...headers), fc.constantFrom(...values), {
        maxKeys: 3,
      }),
      // The CRD's list is a map by headerName.
      addHeadersFromSecret: fc.uniqueArray(item, { maxLength: 3, selector: ({ headerName }) => headerName }),
    },
    { requiredKeys: [] },
  );
}

function virtualServersOf({ headers, servers, caPaths }: Vocabulary) {
  const backend = fc.record({
    name: NAME,
    url: fc.constantFrom(...servers),
    caBundlePath: fc.constantFrom(...caPaths),
  });
  return fc.record({
    groupRef: ref(GROUP),
    outgoingAuth: optional(
      fc.record({
        source: fc.constantFrom('discovered', 'inline'),
        default: optional(CHOICE),
        backends: optional(fc.dictionary(NAME, CHOICE, { maxKeys: 3 })),
      }),
    ),
    incomingAuth: fc.constant(INCOMING_AUTH),
    authServerConfig: optional(
      fc.record({
        issuer: fc.constant('https://vmcp.example'),
        upstreamProviders: fc.uniqueArray(fc.record({ name: PROVIDER }), {
          maxLength: 2,
          selector: ({ name }) => name,
        }),
      }),
    ),
    passthroughHeaders: optional(fc.array(fc.constantFrom(...headers), { maxLength: 3 })),
    config: optional(fc.record({ backends: fc.array(backend, { maxLength: 3 }) })),
  });
}

function authConfigsOf({ headers, secrets, servers }: Vocabulary) {
  const secret = fc.record({ name: fc.constantFrom(...secrets), key: fc.constant('k') });
  return fc.oneof(
    fc.record({
      type: fc.constant('headerInjection'),
      headerInjection: fc.record({ headerName: fc.constantFrom(...headers), valueSecretRef: secret }),
    }),
    fc.record({
      type: fc.constant('tokenExchange'),
      tokenExchange: fc.record({
        tokenUrl: fc.constantFrom(...servers),
        audience: fc.constant('a'),
        clientId: fc.constant('c'),
        clientSecretRef: optional(secret),
      }),
    }),
    fc.record({
      type: fc.constant('upstreamInject'),
      upstreamInject: fc.record({ providerName: PROVIDER }),
    }),
    fc.record({
      type: fc.constant('xaa'),
      xaa: fc.record({
        idpTokenUrl: fc.constantFrom(...servers),
        targetTokenUrl: fc.constantFrom(...servers),
        targetAudience: fc.constant('a'),
        subjectProviderName: optional(PROVIDER),
        targetClientId: fc.constant('c'),
        targetClientSecretRef: secret,
      }),
    }),
    fc.record({ type: fc.constant('bearerToken'), bearerToken: fc.record({ tokenSecretRef: secret }) }),
  );
}

function specsOf(words: Vocabulary) {
  const remote = {
    ...MEMBER,
    remoteUrl: fc.constantFrom(...words.servers),
    transport: fc.constant('sse'),
    headerForward: optional(headersOf(words)),
  };
  const caBundleRef = optional(fc.constant({ configMapRef: { name: 'ca', key: 'ca.crt' } }));
  return {
    MCPServerEntry: fc.record({ ...remote, caBundleRef }),
    MCPRemoteProxy: fc.record(remote),
    MCPServer: fc.record({ ...MEMBER, image: fc.constant('x') }),
    VirtualMCPServer: virtualServersOf(words),
    MCPExternalAuthConfig: authConfigsOf(words),
  };
}

type Kind = keyof ReturnType<typeof specsOf>;

const NAMES: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  MCPServerEntry: NAME,
  MCPRemoteProxy: WORKLOAD_NAME,
  MCPServer: WORKLOAD_NAME,
  VirtualMCPServer: WORKLOAD_NAME,
  MCPExternalAuthConfig: CONFIG,
};

const KINDS: readonly Kind[] = [
  'MCPServerEntry',
  'MCPRemoteProxy',
  'MCPServer',
  'VirtualMCPServer',
  'MCPExternalAuthConfig',
];

/** Versions of one object. */
function versionsOf(words: Vocabulary, count: number): fc.Arbitrary<KubernetesObject[]> {
  const specs: Record<Kind, fc.Arbitrary<object>> = specsOf(words);
  return fc.constantFrom(...KINDS).chain((kind) =>
    fc
      .tuple(NAMES[kind], fc.array(specs[kind], { minLength: count, maxLength: count }))
      .map(([name, versions]) =>
        versions.map((spec) => ({
          apiVersion: 'toolhive.stacklok.dev/v1beta1',
          kind,
          metadata: { name, namespace: 'default' },
          // Without the keys that are undefined.
          spec: JSON.parse(JSON.stringify(spec)) as object,
        })),
      ),
  );
}

const one = (versions: readonly KubernetesObject[]) => versions[0] as KubernetesObject;

/** A well-formed object that is close to others: of five kinds, with few names, Secrets and servers. */
export const CLOSE_OBJECT = versionsOf(SOUND, 1).map(one);
/** The same with violations that the object has alone. */
export const FLAWED_OBJECT = versionsOf(FLAWED, 1).map(one);

const two = (versions: readonly KubernetesObject[]) =>
  [versions[0], versions[1]] as [KubernetesObject, KubernetesObject];
/** Two versions of one object. */
export const TWO_VERSIONS = versionsOf(SOUND, 2).map(two);
export const TWO_FLAWED_VERSIONS = versionsOf(FLAWED, 2).map(two);

/** What identifies an object in a namespace. */
export function idOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${(metadata as { name?: string } | undefined)?.name}`;
}

/** Objects of a namespace, each name of a kind once. */
export const CLOSE_CLUSTER = fc.uniqueArray(CLOSE_OBJECT, { maxLength: 4, selector: idOf });
