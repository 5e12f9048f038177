import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import { keyPosition } from '../../../src/kubernetes/read.ts';
import { beginsWithBackend } from '../../../src/rules/virtualServer/backendNames.ts';
import { decided, review, TEAM, toRequest } from '../rules/support.ts';

const many = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => item(index));
const map = (count: number, item: (index: number) => readonly [string, unknown]) =>
  Object.fromEntries(many(count, item));

const object = (kind: string, spec: object) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind,
  metadata: { name: 'x', namespace: 'default' },
  spec,
});
const vmcp = (config: object, spec: object = {}) =>
  object('VirtualMCPServer', {
    groupRef: { name: 'team' },
    incomingAuth: { type: 'anonymous' },
    config,
    ...spec,
  });
const STEP = { id: 'a', type: 'tool', tool: 'billing_search' };
const definition = (spec: object) =>
  object('VirtualMCPCompositeToolDefinition', { name: 't', description: 'd', steps: [STEP], ...spec });

/** The answer to the creation of an object, which is small whatever the object is. */
async function answer(candidate: ReturnType<typeof object>) {
  const outcome = decided(await review({ object: candidate, cluster: TEAM }));
  const { response } = toReview(toRequest({ object: candidate }), outcome);
  expect(JSON.stringify(response).length).toBeLessThan(100_000);
  return { ...response, found: outcome.warnings.length + ('causes' in outcome ? outcome.causes.length : 0) };
}

/** More findings than this would fill the heap: half a million mistakes fit into a request. */
const FEW = 10_000;

describe('an object of 3 MB in which everything is wrong is answered', () => {
  const policy = 'permit(principal, action, resource);';
  it.each([
    ['fields that ToolHive does not know', vmcp(map(150_000, (index) => [`unknown${index}`, 1]))],
    ['composite tools without a field', vmcp({ compositeTools: many(240_000, () => ({ a: 1 })) })],
    ['composite tools of one name', vmcp({ compositeTools: many(200_000, () => ({ name: 'a' })) })],
    ['references without a name', vmcp({ compositeToolRefs: many(240_000, () => ({ a: 1 })) })],
    ['references that exist twice', vmcp({ compositeToolRefs: many(200_000, () => ({ name: 'a' })) })],
    [
      'dependencies on no step',
      definition({
        steps: many(10, (step) => ({ ...STEP, id: `s${step}`, dependsOn: many(40_000, String) })),
      }),
    ],
    [
      'overrides of nothing',
      vmcp({
        aggregation: { tools: [{ workload: 'w', overrides: map(200_000, (index) => [`o${index}`, {}]) }] },
      }),
    ],
    [
      'required properties that are none',
      definition({
        output: {
          properties: { a: { type: 'string', description: 'd', value: 'v' } },
          required: many(300_000, String),
        },
      }),
    ],
    [
      'properties without a field',
      definition({ output: { properties: map(150_000, (index) => [`p${index}`, {}]) } }),
    ],
    ['limits of tools', vmcp({ rateLimiting: { tools: many(200_000, (index) => ({ name: `t${index}` })) } })],
    [
      'roles of nothing',
      object('MCPExternalAuthConfig', {
        type: 'awsSts',
        awsSts: { region: 'eu-west-1', roleMappings: many(150_000, () => ({ claim: 'a' })) },
      }),
    ],
    [
      'scopes that the auth server does not offer',
      vmcp(
        {},
        {
          incomingAuth: {
            type: 'oidc',
            oidcConfigRef: { name: 'o', scopes: many(150_000, (index) => `s${index}`) },
          },
          authServerConfig: {
            issuer: 'https://login.example.com',
            baselineClientScopes: many(150_000, (index) => `t${index}`),
            delegateClients: [{ scopes: many(50_000, (index) => `u${index}`) }],
          },
        },
      ),
    ],
    [
      'upstreams of one name',
      vmcp({}, { authServerConfig: { upstreamProviders: many(200_000, () => ({ name: 'u' })) } }),
    ],
    ['events that are none', vmcp({ audit: { eventTypes: many(250_000, (index) => `e${index}`) } })],
    [
      'policies behind policies',
      vmcp(
        {},
        {
          incomingAuth: {
            type: 'oidc',
            authzConfig: { type: 'inline', inline: { policies: many(60_000, () => `${policy} x`) } },
          },
        },
      ),
    ],
  ])('%s', async (_what, candidate) => {
    expect((await answer(candidate)).found).toBeLessThan(FEW);
  });
});

describe('what would be compared with each other, item by item', () => {
  it('steps with the templates that read their outputs', async () => {
    const steps = many(100_000, (index) => ({ id: `s${index}` }));
    const reads = map(6_000, (index) => [`k${index}`, `{{.steps.s${99_999 - index}.output.x}}`]);
    const { allowed, found } = await answer(definition({ steps: [{ ...STEP, arguments: reads }, ...steps] }));
    expect([allowed, found]).toEqual([false, 1]);
  });

  it('parameters with the templates that read others: a sentence lists some of them', async () => {
    const properties = map(10_000, (index) => [`p${index}`, {}]);
    const reads = map(8_000, (index) => [`k${index}`, `{{.params.q${index}}}`]);
    const { warnings } = await answer(
      definition({ parameters: { type: 'object', properties }, steps: [{ ...STEP, arguments: reads }] }),
    );
    expect(warnings?.[0]).toContain('the parameters are p0, p1');
  });

  it('parts of the name of a tool with the names of backends, as far as a name can be', () => {
    const asked: string[] = [];
    const has = (name: string) => asked.push(name) === 0;
    expect(beginsWithBackend('_'.repeat(1_000_000), { group: 'team', has })).toBe(false);
    expect(asked).toHaveLength(254);
    expect(Math.max(...asked.map(({ length }) => length))).toBe(253);
  });

  it('keys that must not be shown with all keys of their map', () => {
    const keys = map(200_000, (index) => [`${String(index).padStart(6, '0')} `, 1]);
    const positions = Object.keys(keys).map((key) => keyPosition(key, keys));
    expect([positions[0], positions.at(-1)]).toEqual(['#1', '#200000']);
  });
});

describe('a text that takes long to read is refused with a sentence', () => {
  it('templates of a composite tool', async () => {
    const reads = map(50, (index) => [`k${index}`, '{{ $ }}'.repeat(9_000)]);
    const { status } = await answer(definition({ steps: [{ ...STEP, arguments: reads }] }));
    expect(status?.message).toMatch(
      /^spec: .*is too large and is denied without being judged: allowed are at most 50000 values and templates of at most 262144 characters; shorten it \[/,
    );
  });

  it('templates of all composite tools together', async () => {
    const compositeTools = many(50, (index) => ({
      name: `t${index}`,
      description: 'd',
      steps: [{ ...STEP, arguments: { k: '{{ $ }}'.repeat(9_000) } }],
    }));
    const { status } = await answer(vmcp({ compositeTools }));
    expect(status?.message).toMatch(
      /spec\.config\.compositeTools: .*has 50 items, which are too many or too large, and is denied without being judged/,
    );
  });

  it('values of all composite tools together', async () => {
    const compositeTools = many(2, (index) => ({
      name: `t${index}`,
      description: 'd',
      steps: [{ ...STEP, arguments: { k: many(30_000, () => 1) } }],
    }));
    const { status } = await answer(vmcp({ compositeTools }));
    expect(status?.message).toMatch(/has 2 items, which are too many or too large, and is denied/);
  });

  it('Cedar policies', async () => {
    const policies = [`permit(principal, action, resource) when { ${'true && '.repeat(300_000)}true };`];
    const { status } = await answer(object('MCPAuthzConfig', { type: 'cedarv1', config: { policies } }));
    expect(status?.message).toMatch(/spec\.config\.policies: .*have more than 262144 characters together/);
  });
});
