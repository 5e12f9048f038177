import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { toReport } from '../../../src/cli/check/checkReport.ts';
import { FORMATS } from '../../../src/cli/check/formats/formats.ts';
import { reviewManifests } from '../../../src/offline/check.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { isHeaderToken } from '../../../src/toolhive/headerNames.ts';
import { decided, entry, review, TEAM, toRequest } from '../rules/support.ts';

const API = { apiVersion: 'toolhive.stacklok.dev/v1beta1' };

/** A word that is no credential by its looks, so it is only hidden where a whole name is. */
const WORD = 'hunter';
/** Header lines and the like, pasted as a name: none is a token. */
const PASTED = fc
  .tuple(
    fc.constantFrom('Authorization', 'X-Api-Key', 'Cookie', '', 'Bearer', WORD),
    fc.constantFrom(': ', ':', '=', ' ', '==: ', '\t', '\n', '/', '"', '[', '], ', 'é', '\u202e'),
    fc.constantFrom(WORD, `Bearer ${WORD}`, `${WORD}==`, `${WORD}: X-Api-Key`),
  )
  .map((parts) => parts.join(''))
  .filter((name) => !isHeaderToken(name));

/** Tokens that look like credentials, which are hidden everywhere. */
const TOKEN = fc.oneof(
  fc.uuid(),
  fc.uint8Array({ minLength: 16, maxLength: 32 }).map((bytes) => `f0${Buffer.from(bytes).toString('hex')}`),
  fc.stringMatching(/^[a-z0-9]{8,20}$/).map((rest) => `sk-${rest}`),
);

const ref = (name: string, key: string) => ({ name, key });
const fromSecret = (headerName: unknown, valueSecretRef: unknown = ref('s', 'k')) => ({
  headerForward: { addHeadersFromSecret: [{ headerName, valueSecretRef }] },
});
const plaintext = (headers: object) => ({ headerForward: { addPlaintextHeaders: headers } });
const vmcp = (spec: object): KubernetesObject => ({
  ...API,
  kind: 'VirtualMCPServer',
  metadata: { name: 'v', namespace: 'default' },
  spec: { groupRef: { name: 'team' }, ...spec },
});
const authConfig = (spec: object): KubernetesObject => ({
  ...API,
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'c', namespace: 'default' },
  spec,
});

/** Objects with a name in each place where a header is named. */
const headerPlaces: readonly ((name: string) => KubernetesObject)[] = [
  (name) => entry(plaintext({ 'X-A': '1', [name]: '2' })),
  (name) => entry(plaintext({ [name]: `Bearer $(X) \n` })),
  (name) => entry(plaintext({ [name]: { a: 1 } })),
  (name) =>
    entry({
      headerForward: {
        addPlaintextHeaders: { [name]: '1' },
        addHeadersFromSecret: [{ headerName: name, valueSecretRef: ref('s', 'k') }],
      },
    }),
  (name) => entry(fromSecret(name)),
  (name) => entry(fromSecret(name, null)),
  (name) => entry(fromSecret(name, ref('', ''))),
  (name) =>
    authConfig({
      type: 'headerInjection',
      headerInjection: { headerName: name, valueSecretRef: ref('s', 'k') },
    }),
  (name) => vmcp({ passthroughHeaders: [name], config: { passthroughHeaders: ['X-A', name] } }),
];
/** Objects with a name in each place where a Secret is named. */
const secretPlaces: readonly ((name: string) => KubernetesObject)[] = [
  (name) => entry(fromSecret('X-A', ref(name, 'k'))),
  (name) => entry(fromSecret('X-A', ref('s', name))),
  (name) =>
    authConfig({
      type: 'tokenExchange',
      tokenExchange: { tokenUrl: 'https://h.example', clientSecretRef: ref('s', name) },
    }),
];
const step = (fields: object) => ({ id: 'a', tool: 'search.find', ...fields });
const tool = (fields: object) => ({ name: 't', description: 'd', steps: [step({})], ...fields });
/** Objects with a name in each place where a map is read whose keys are the user's, and something is wrong below it. */
const keyPlaces: readonly ((name: string) => KubernetesObject)[] = [
  (name) => vmcp({ config: { [name]: 1 } }),
  (name) => vmcp({ config: { operational: { timeouts: { perWorkload: { [name]: '0s' } } } } }),
  (name) => vmcp({ config: { aggregation: { tools: [{ workload: 'a', overrides: { [name]: {} } }] } } }),
  (name) => vmcp({ config: { aggregation: { tools: [{ workload: 'a', overrides: { [name]: null } }] } } }),
  (name) =>
    vmcp({ config: { compositeTools: [tool({ steps: [step({ arguments: { [name]: '{{ if }}' } })] })] } }),
  (name) =>
    vmcp({
      config: {
        compositeTools: [
          tool({
            parameters: { type: 'object', properties: { [name]: { type: 'string' } } },
            steps: [step({ arguments: { q: '{{ .params.q }}' } })],
          }),
        ],
      },
    }),
  (name) => vmcp({ config: { compositeTools: [tool({ parameters: { properties: { [name]: 1 } } })] } }),
  (name) => vmcp({ config: { compositeTools: [tool({ output: { properties: { [name]: {} } } })] } }),
  (name) =>
    vmcp({
      config: {
        compositeTools: [
          tool({
            steps: [step({ type: 'forEach', collection: '{{ json .params.l }}', step: step({ [name]: 1 }) })],
          }),
        ],
      },
    }),
  (name) => vmcp({ outgoingAuth: { source: 'inline', backends: { [name]: { type: 'discovered' } } } }),
  (name) => ({
    ...API,
    kind: 'MCPToolConfig',
    metadata: { name: 'c', namespace: 'default' },
    spec: { toolsOverride: { [name]: {} } },
  }),
];
/** The same for other names, keys and URLs. */
const places: readonly ((name: string) => KubernetesObject)[] = [
  ...headerPlaces,
  ...secretPlaces,
  ...keyPlaces,
  (name) => entry({ remoteUrl: `http://localhost/s/${name}/mcp` }),
  (name) => entry({ remoteUrl: `https://user:${name}/mcp` }),
  (name) => entry({ remoteUrl: name }),
  (name) => entry({ transport: name }),
  (name) => entry({ groupRef: { name } }),
  (name) => entry({ externalAuthConfigRef: { name } }),
  (name) => entry({ caBundleRef: { configMapRef: { name, key: name } } }),
  (name) => entry({}, { annotations: { [name]: 1 }, labels: { [name]: 2 } }),
  (name) => vmcp({ outgoingAuth: { backends: { [name]: { type: 'x' } } } }),
  (name) => vmcp({ outgoingAuth: { backends: { [name]: 'x' } } }),
  (name) => vmcp({ outgoingAuth: { source: name, default: { type: name } } }),
  (name) => vmcp({ config: { backends: [{ name, url: `http://localhost/${name}`, caBundlePath: name }] } }),
  (name) => authConfig({ type: name }),
];

/** The same entry under a name that ToolHive turns into the same variables. */
const twinOf = (object: KubernetesObject): KubernetesObject[] =>
  object.kind === 'MCPServerEntry'
    ? [{ ...object, metadata: { name: 'bil-ling', namespace: 'default' } }]
    : [];
const renamed = (object: KubernetesObject): KubernetesObject =>
  object.kind === 'MCPServerEntry'
    ? { ...object, metadata: { ...(object.metadata as object), name: 'bil.ling' } }
    : object;

/** Everything that leaves the process about an object: the answer, its outcome, and what `check` prints. */
async function shownOf(of: KubernetesObject): Promise<string> {
  const object = renamed(of);
  const cluster = [...TEAM, ...twinOf(of)];
  const shown: string[] = [];
  for (const oldObject of [undefined, object]) {
    const outcome = await review({ object, oldObject, cluster, secrets: true });
    const { response } = toReview(toRequest({ object, oldObject }), decided(outcome));
    shown.push(JSON.stringify(outcome), JSON.stringify(response));
  }
  const toDocument = (item: KubernetesObject) => ({ file: 'x', document: 1, line: 1, object: item });
  const policy = defaultPolicy();
  const checked = await reviewManifests([toDocument(object)], {
    catalog: manifestCatalog([...cluster, object].map(toDocument), { secrets: true }),
    policy,
    now: new Date(),
    signal: new AbortController().signal,
  });
  const report = toReport('x', { documents: [], problems: [] }, checked);
  const context = { policy, colour: false, pages: new Map<string, string>() };
  return [...shown, ...Object.values(FORMATS).map((format) => format(report, context))].join('\n');
}

describe('what is told of an object does not have', () => {
  it('any part of a header name that is not a token, or of an invalid reference to a Secret', async () => {
    await fc.assert(
      fc.asyncProperty(PASTED, fc.constantFrom(...headerPlaces, ...secretPlaces), async (name, place) => {
        const shown = await shownOf(place(name));
        expect(shown).toMatch(
          /header-name-invalid|malformed-field|vmcp-passthrough-header|secret-reference-invalid/,
        );
        expect(shown.toLowerCase()).not.toContain(WORD);
      }),
      { numRuns: 400 },
    );
  });

  it('any part of a key that is not a name', async () => {
    await fc.assert(
      fc.asyncProperty(PASTED, fc.constantFrom(...keyPlaces), async (name, place) => {
        const shown = await shownOf(place(name));
        expect(shown).toMatch(/vmcp-config-|composite-tool|vmcp-auth-discovered|tool-override-empty/);
        expect(shown.toLowerCase()).not.toContain(WORD);
      }),
      { numRuns: 400 },
    );
  });

  it('any name, key or URL that looks like a credential', async () => {
    await fc.assert(
      fc.asyncProperty(TOKEN, fc.constantFrom(...places), async (name, place) => {
        expect((await shownOf(place(name))).toLowerCase()).not.toContain(name);
      }),
      { numRuns: 400 },
    );
  });
});
