import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import type { RuleId } from '../../../src/rules/index.ts';
import { policyOf } from './policy/support.ts';
import { compositeTool, optimized, review, scopes, TEAM, virtualServer, yaml } from './support.ts';

const oidc = {
  type: 'oidc',
  oidcConfigRef: { name: 'idp', audience: 'https://v.example', resourceUrl: 'https://v.example' },
};
/** A vMCP whose policies see the claims of one upstream of several that its auth server does not have. */
const chosen = (primaryUpstreamProvider: string) =>
  virtualServer({
    incomingAuth: {
      ...oidc,
      authzConfig: {
        type: 'inline',
        inline: { primaryUpstreamProvider, policies: ['permit(principal, action, resource);'] },
      },
    },
    authServerConfig: {
      issuer: 'https://idp.example',
      upstreamProviders: [
        { name: 'g', type: 'oidc', oidcConfig: { issuerUrl: 'https://g.example', clientId: 'a' } },
      ],
    },
  });
const step = { id: 's', tool: 'billing' };
/** A vMCP with composite tools of these names. */
const tools = (...names: readonly string[]) =>
  virtualServer({
    config: { compositeTools: names.map((name) => ({ name, description: 'd', steps: [step] })) },
  });
/** A composite tool that reads these fields. */
const reading = (...fields: readonly string[]) =>
  compositeTool(fields.map((field, index) => ({ ...step, id: `s${index}`, condition: `{{.${field}}}` })));
/** A definition with a step for each of these backends. */
const definitionFor = (...names: readonly string[]) =>
  compositeTool(names.map((name) => ({ id: name, tool: `${name}.find` })));
/** Policies that a vMCP names. */
const authz = (type: string): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPAuthzConfig',
  metadata: { name: 'policies', namespace: 'default' },
  spec: { type, config: {} },
});
/** A vMCP that uses an MCPToolConfig, and overrides some of its tools itself. */
const toolConfig = (...overridden: readonly string[]) =>
  virtualServer({
    config: {
      aggregation: {
        tools: [
          {
            workload: 'billing',
            toolConfigRef: { name: 'empty' },
            overrides: Object.fromEntries(overridden.map((tool) => [tool, { name: 'n' }])),
          },
        ],
      },
    },
  });
/** A vMCP that uses two definitions, with backends of its own beside the members of its group. */
const using = (definitions: readonly string[], ...own: readonly string[]) =>
  virtualServer({
    config: {
      compositeToolRefs: definitions.map((name) => ({ name })),
      backends: own.map((name) => ({ name, url: `http://${name}.other.svc.cluster.local/` })),
    },
  });
const workloads = (...names: readonly string[]) =>
  virtualServer({
    config: { aggregation: { tools: names.map((workload) => ({ workload, filter: ['a'] })) } },
  });
const emptyFilters = (...names: readonly string[]) =>
  virtualServer({ config: { aggregation: { tools: names.map((workload) => ({ workload, filter: [] })) } } });
const override = (name: string) =>
  virtualServer({
    outgoingAuth: {
      backends: { [name]: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'none' } } },
    },
  });
/** Objects that others in this file name. */
const NAMED = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPToolConfig
metadata: {name: empty, namespace: default}
spec: {toolsOverride: {a: {}, b: {}}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPCompositeToolDefinition
metadata: {name: one, namespace: default}
spec: {name: one, description: d, steps: [{id: a, tool: x.find}, {id: b, tool: y.find}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPCompositeToolDefinition
metadata: {name: two, namespace: default}
spec: {name: two, description: d, steps: [{id: a, tool: x.find}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: user, namespace: default}
spec:
  groupRef: {name: team}
  incomingAuth: {type: oidc, oidcConfigRef: {name: idp, audience: a}, authzConfigRef: {name: policies}}
  config: {compositeToolRefs: [{name: report}]}
`);
type Row = readonly [what: string, rule: RuleId, before: KubernetesObject, after: KubernetesObject];

/** A policy in which a rule denies: one that warns by default compares an update in the same way then. */
const denying = (rule: RuleId) => policyOf(`rules: {${rule}: deny}`);
const cluster = [...TEAM, ...NAMED];

describe('an update is denied when it puts one wrong in the place of another', () => {
  it.each<Row>([
    ['the name that two composite tools have', 'composite-tool-twice', tools('a', 'a'), tools('b', 'b')],
    [
      'what a composite tool reads in vain',
      'composite-tool-reference',
      reading('parms.a'),
      reading('step.b'),
    ],
    ['the type of policies that no vMCP takes', 'vmcp-authz-type', authz('httpv1'), authz('other')],
    ['the upstream that is not there', 'vmcp-authz-upstream', chosen('a'), chosen('b')],
    ['the tool whose empty override is used', 'tool-override-empty', toolConfig('a'), toolConfig('b')],
    [
      'the definition with a step for no backend',
      'vmcp-backend-unknown',
      using(['two']),
      using(['one'], 'x'),
    ],
    [
      'the step of a definition that is for no backend',
      'vmcp-backend-unknown',
      using(['one'], 'x'),
      using(['one'], 'y'),
    ],
    [
      'the step for no backend in a definition',
      'vmcp-backend-unknown',
      definitionFor('x'),
      definitionFor('y'),
    ],
    ['the backend that is not there', 'vmcp-backend-unknown', workloads('x'), workloads('y')],
    ['the backend outside of the group', 'vmcp-backend-outside-group', using([], 'x'), using([], 'y')],
    [
      'the scope that is not offered',
      'vmcp-auth-server-scopes',
      scopes({ baselineClientScopes: ['b'] }, 'a'),
      scopes({ baselineClientScopes: ['c'] }, 'a'),
    ],
    [
      'the scope that is not offered to a client',
      'vmcp-auth-server',
      scopes({ delegateClients: [{ clientId: 'c', scopes: ['b'] }] }, 'a'),
      scopes({ delegateClients: [{ clientId: 'c', scopes: ['c'] }] }, 'a'),
    ],
    ['the backend with an empty filter', 'vmcp-tool-filter-ignored', emptyFilters('x'), emptyFilters('y')],
    ['the override for no backend', 'vmcp-override-unknown', override('x'), override('y')],
  ])('%s', async (_what, rule, oldObject, object) => {
    const policy = denying(rule);
    for (const one of [oldObject, object]) {
      expect(await review({ object: one, cluster, policy })).toMatchObject({ kind: 'denied' });
      expect(await review({ object: one, oldObject: one, cluster, policy })).toMatchObject({
        kind: 'allowed',
      });
    }
    const outcome = await review({ object, oldObject, cluster, policy });
    const causes = outcome.kind === 'denied' ? outcome.causes.map(({ message }) => message) : [];
    expect(causes).toEqual([expect.stringContaining(`[${rule}]`)]);
  });
});

it.each<Row>([
  [
    'policies a switch of the optimizer',
    'vmcp-authz-with-optimizer',
    optimized({}),
    optimized({ embeddingServerRef: { name: 'e' } }),
  ],
  [
    'a vMCP time-outs that are ignored',
    'vmcp-timeouts-ignored',
    workloads(),
    virtualServer({ config: { operational: { timeouts: { default: '5s' } } } }),
  ],
])('an update is denied when it gives %s', async (_what, rule, oldObject, object) => {
  const outcome = await review({ object, oldObject, cluster, policy: denying(rule) });
  expect(outcome).toMatchObject({ kind: 'denied' });
});

it.each<Row>([
  [
    'moves a filter that is empty',
    'vmcp-tool-filter-ignored',
    emptyFilters('x', 'y'),
    emptyFilters('y', 'x'),
  ],
  ['adds a backend that one of two steps names', 'vmcp-backend-unknown', using(['one']), using(['one'], 'x')],
])('an update is not denied when it %s', async (_what, rule, oldObject, object) => {
  const policy = denying(rule);
  expect(await review({ object, cluster, policy })).toMatchObject({ kind: 'denied' });
  expect(await review({ object, oldObject, cluster, policy })).toMatchObject({ kind: 'allowed' });
});
