import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { judgeAlone } from '../../../src/rules/alone.ts';
import { checkKind } from '../../../src/rules/form/unknownKind.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { decided, entry, review, TEAM } from './support.ts';

/** A policy under which a rule denies that warns by default: a denial begins as those of the API server do. */
const DENYING: Policy = {
  ...defaultPolicy(),
  levels: { ...defaultPolicy().levels, 'auth-client-id-missing': 'deny' },
};

function toolhive(kind: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind,
    metadata: { name, namespace: 'default' },
    spec,
  };
}

/** An auth config with a client secret and without a client id. */
const CONFIG = toolhive('MCPExternalAuthConfig', 'sts', {
  type: 'tokenExchange',
  tokenExchange: {
    tokenUrl: 'https://idp.example/token',
    audience: 'billing',
    clientSecretRef: { name: 's', key: 'k' },
  },
});

/** A composite tool whose output has properties that are nested so many levels deep. */
function nested(levels: number): KubernetesObject {
  let properties: object = { last: { type: 'object', description: 'd' } };
  for (let level = 0; level < levels; level++)
    properties = { one: { type: 'object', description: 'd', properties } };
  const steps = [{ id: 'a', tool: 'x.y' }];
  return toolhive('VirtualMCPCompositeToolDefinition', 't', {
    name: 't',
    description: 'd',
    steps,
    output: { properties },
  });
}

it('about a header name in a list has no word about positions of keys', async () => {
  const addHeadersFromSecret = [{ headerName: 'no token', valueSecretRef: { name: 's', key: 'k' } }];
  const outcome = decided(
    await review({ object: entry({ headerForward: { addHeadersFromSecret } }), cluster: TEAM }),
  );
  const [cause] = outcome.kind === 'denied' ? outcome.causes : [];
  expect(cause).toMatchObject({ field: 'spec.headerForward.addHeadersFromSecret[0].headerName' });
  expect(cause?.message).not.toContain('counts the keys');
});

it.each([
  [{ name: 'a.b' }, 'metadata.name', 'Invalid value: "a.b": an entry'],
  [{ name: undefined, generateName: 'a.b-' }, 'metadata.generateName', 'Invalid value: "a.b-": an entry'],
])('about a name that a volume cannot have shows the name as written: %j', async (name, field, words) => {
  const caBundleRef = { configMapRef: { name: 'ca', key: 'ca.crt' } };
  const outcome = decided(await review({ object: entry({ caBundleRef }, name), cluster: TEAM }));
  const [cause] = outcome.kind === 'denied' ? outcome.causes : [];
  expect(cause).toMatchObject({ field, message: expect.stringContaining(words) });
});

it.each([
  [5, 'is still used by MCPServer "s0", MCPServer "s1", MCPServer "s2", MCPServer "s3", MCPServer "s4"; '],
  [7, 'MCPServer "s4" and 2 more; '],
])('about %i users names five of them', async (count, words) => {
  const users = Array.from({ length: count }, (_, index) =>
    toolhive('MCPServer', `s${index}`, { image: 'x', externalAuthConfigRef: { name: 'sts' } }),
  );
  const { warnings } = await review({ operation: 'DELETE', oldObject: CONFIG, cluster: [CONFIG, ...users] });
  expect(warnings.join()).toContain(words);
});

it('about an unknown field like none that there is names those that there are', async () => {
  const vmcp = (field: string) =>
    toolhive('VirtualMCPServer', 'v', {
      groupRef: { name: 'team' },
      incomingAuth: { type: 'anonymous' },
      config: { [field]: {} },
    });
  const said = async (field: string) =>
    (await review({ object: vmcp(field), cluster: TEAM })).warnings.join();
  expect(await said('agregation')).toContain('did you mean aggregation?');
  expect(await said('zzzzzzzz')).toContain('known are ');
});

it.each([
  ['compositeTools', null],
  ['compositeToolRefs', { name: 't' }],
])('about a list of %s that is too long says how long it is', (list, item) => {
  const config = { [list]: Array.from({ length: 2_001 }, () => item) };
  const vmcp = toolhive('VirtualMCPServer', 'v', { config });
  const { denials } = judgeAlone('VirtualMCPServer', vmcp, 'default', defaultPolicy());
  expect(denials.find(({ field }) => field === `spec.config.${list}`)?.detail).toContain('has 2001 items');
});

it('an object whose properties are nested as deep as they can be is judged', () => {
  const output = {
    properties: JSON.parse(`${'{"p":{"properties":'.repeat(15_000)}{}${'}}'.repeat(15_000)}`),
  };
  const tool = toolhive('VirtualMCPCompositeToolDefinition', 't', { name: 't', description: 'd', output });
  const { denials } = judgeAlone('VirtualMCPCompositeToolDefinition', tool, 'default', defaultPolicy());
  expect(denials).not.toEqual([]);
});

it('about unknown fields ends with the twentieth', () => {
  const unknown = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`unknown${index}`, 1]));
  const step = { id: 'i', tool: 'x.y', one: 1, two: 2, three: 3 };
  const steps = [{ id: 's', type: 'forEach', collection: '{{json .params.l}}', step }];
  const compositeTools = [{ name: 't', description: 'd', steps }];
  const vmcp = toolhive('VirtualMCPServer', 'v', { config: { ...unknown, compositeTools } });
  const { warnings } = judgeAlone('VirtualMCPServer', vmcp, 'default', defaultPolicy());
  expect(warnings.filter(({ rule }) => rule === 'vmcp-config-unknown-field')).toHaveLength(20);
});

it.each<[what: string, object: KubernetesObject, beginning: string]>([
  [
    'names the value where there is one',
    entry({ externalAuthConfigRef: { name: 'sts' } }),
    'Invalid value: "sts": MCPExternalAuthConfig "sts" has a clientSecretRef',
  ],
  ['names none where a field is missing', CONFIG, 'Invalid value: there is a clientSecretRef'],
  [
    'names a number that cannot be decoded',
    toolhive('EmbeddingServer', 'e', { image: 'x', model: 'm', replicas: 10_000_000_000 }),
    'Invalid value: "10000000000": ToolHive\'s operator cannot decode it',
  ],
  [
    'names no list that cannot be decoded',
    toolhive('VirtualMCPCompositeToolDefinition', 't', {
      name: 't',
      description: 'd',
      steps: [{ id: 'a', tool: 'x.y', defaultResults: [] }],
    }),
    "Invalid value: ToolHive's operator cannot decode it",
  ],
  [
    'says what is nested so deep that it is not looked at',
    nested(60),
    'Invalid value: it is nested so deep that vmcp-admission does not look',
  ],
])('a denial %s', async (_what, object, beginning) => {
  const outcome = decided(await review({ object, cluster: [...TEAM, CONFIG], policy: DENYING }));
  const messages = outcome.kind === 'denied' ? outcome.causes.map(({ message }) => message) : [];
  expect(messages.filter((message) => message.startsWith(beginning))).toHaveLength(1);
});

it('shows no name that looks like a credential, whatever the sentence', async () => {
  const TOKEN = 'sk-live-9f8e7d6c5b4a3928';
  const object = entry({ externalAuthConfigRef: { name: TOKEN }, groupRef: { name: TOKEN } });
  const { warnings } = decided(await review({ object, cluster: TEAM }));
  expect(warnings.join()).toContain('MCPExternalAuthConfig "…" ');
  expect(warnings.join()).not.toContain('9f8e7d6c');
});

it('names the value that is not one of those that are supported', async () => {
  const object = entry({ transport: 'stdio' });
  expect(decided(await review({ object, cluster: TEAM }))).toMatchObject({
    causes: [{ message: expect.stringContaining('Unsupported value: "stdio": supported values: "sse"') }],
  });
});

it('about a kind that is spelt like none of ToolHive lists them', () => {
  const [finding] = checkKind({ apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: 'Q'.repeat(60) });
  expect(finding).toMatchObject({
    field: 'kind',
    detail: expect.stringContaining('; known are MCPServerEntry, '),
  });
});

it('shows a header that is set twice, unless its name looks like a credential', async () => {
  const said = async (name: string) => {
    const headerForward = { addPlaintextHeaders: { [name]: 'a', [name.toLowerCase()]: 'a' } };
    const outcome = decided(await review({ object: entry({ headerForward }), cluster: TEAM }));
    return outcome.kind === 'denied' ? outcome.causes.map(({ message }) => message).join() : '';
  };
  expect(await said('X-Tenant')).toMatch(/^Duplicate value: "x-tenant": X-Tenant is already set by /);
  expect(await said('Xoxb-1234567890-Abcdef')).toMatch(/^Duplicate value: a header is already set by /);
});
