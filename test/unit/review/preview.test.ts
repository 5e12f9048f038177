import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { policyOf } from '../rules/policy/support.ts';
import { type ReviewSpec, review, yaml } from '../rules/support.ts';

const API = 'apiVersion: toolhive.stacklok.dev/v1beta1';
const only = (text: string) => yaml(text)[0] as KubernetesObject;

const group = (name: string) =>
  only(`
${API}
kind: MCPGroup
metadata: {name: ${name}, namespace: default}
status: {phase: Ready}
`);
const vmcp = (name: string, served: string, config = '{}', source = 'inline') =>
  only(`
${API}
kind: VirtualMCPServer
metadata: {name: ${name}, namespace: default}
spec: {groupRef: {name: ${served}}, incomingAuth: {type: anonymous}, outgoingAuth: {source: ${source}}, config: ${config}}
`);
/** A stored entry has a phase; one that is written has none. */
const entry = (name: string, phase = '', spec = '', of = 'tools') =>
  only(`
${API}
kind: MCPServerEntry
metadata: {name: ${name}, namespace: default, generation: 1}
spec: {remoteUrl: "https://${name}.example.com/mcp", transport: sse, groupRef: {name: ${of}}${spec && `, ${spec}`}}
${phase && `status: {phase: ${phase}, observedGeneration: 1}`}
`);
const server = (name: string, url = '') =>
  only(`
${API}
kind: MCPServer
metadata: {name: ${name}, namespace: default}
spec: {image: x, transport: sse, groupRef: {name: tools}}
${url && `status: {phase: Ready, url: "${url}"}`}
`);

const TOOLS = [group('tools'), group('other'), entry('billing', 'Valid'), entry('old', 'Failed')];
const TEAM = [...TOOLS, vmcp('team', 'tools')];

/** The warnings about what vMCPs serve, without the field and the id. */
async function told(spec: ReviewSpec): Promise<readonly string[]> {
  const { warnings } = (await review(spec)) as { readonly warnings: readonly string[] };
  for (const warning of warnings) expect(warning.length).toBeLessThanOrEqual(256);
  return warnings
    .filter((warning) => warning.endsWith(' [vmcp-backends-change]'))
    .map((warning) => warning.replace(/^[\w.]+: /, '').replace(' [vmcp-backends-change]', ''));
}

interface Case extends ReviewSpec {
  readonly expected: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  'a new entry': {
    cluster: TEAM,
    object: entry('search'),
    expected: [
      'vMCP "team" will serve billing, search (new, once Valid, all tools visible); not old: phase Failed',
    ],
  },
  'a new server that gets a Secret which the policy allows at its Service': {
    policy: policyOf(
      'credentials: [{secret: default/key, hosts: [mcp-srv-proxy.default.svc.cluster.local]}]',
    ),
    cluster: [
      group('tools'),
      vmcp('team', 'tools'),
      only(`
${API}
kind: MCPExternalAuthConfig
metadata: {name: auth, namespace: default}
spec: {type: headerInjection, headerInjection: {headerName: X-Key, valueSecretRef: {name: key, key: k}}}
`),
    ],
    object: only(`
${API}
kind: MCPServer
metadata: {name: srv, namespace: default}
spec: {image: x, transport: stdio, groupRef: {name: tools}, externalAuthConfigRef: {name: auth}}
`),
    expected: ['vMCP "team" will serve srv (new, once it has a URL, all tools visible)'],
  },
  'a new entry in a vMCP with a tool filter for it, and in one that hides what is not listed': {
    cluster: [
      ...TOOLS,
      vmcp('filtered', 'tools', '{aggregation: {tools: [{workload: search, filter: [find]}]}}'),
      vmcp('hiding', 'tools', '{aggregation: {defaultToolVisibility: deny}}'),
    ],
    object: entry('search'),
    expected: [
      'vMCP "filtered" will serve billing, search (new, once Valid); not old: phase Failed',
      'vMCP "hiding" will serve billing, search (new, once Valid, no tool visible); not old: phase Failed',
    ],
  },
  'a new entry that a vMCP which watches its group finds by itself': {
    cluster: [...TOOLS, vmcp('watching', 'tools', '{}', 'discovered')],
    object: entry('search'),
    expected: ['vMCP "watching" will serve search (new, once Valid, all tools visible)'],
  },
  'nothing of a new entry that cannot be served: another warning says why': {
    cluster: TEAM,
    object: entry('search', '', 'externalAuthConfigRef: {name: missing}'),
    expected: [],
  },
  'an auth config that does not exist for an entry that was served': {
    cluster: [...TEAM, vmcp('watching', 'tools', '{}', 'discovered')],
    oldObject: entry('billing', 'Valid'),
    object: entry('billing', 'Valid', 'externalAuthConfigRef: {name: missing}'),
    expected: [
      'vMCP "team" will serve nothing; not billing: auth-config-missing, old: phase Failed',
      'vMCP "watching" will not serve billing: auth-config-missing',
    ],
  },
  'a new server, before it has a URL': {
    cluster: TEAM,
    object: server('search'),
    expected: [
      'vMCP "team" will serve billing, search (new, once it has a URL, all tools visible); not old: phase Failed',
    ],
  },
  'a new server that takes the name of an entry': {
    cluster: TEAM,
    object: server('billing'),
    expected: [
      'vMCP "team" will serve billing (new, once it has a URL, all tools visible); not billing: name-taken, old: phase Failed',
    ],
  },
  'another URL': {
    cluster: TEAM,
    oldObject: entry('billing', 'Valid'),
    object: { ...entry('billing', 'Valid'), spec: entry('x').spec },
    expected: ['vMCP "team" will serve billing (changed); not old: phase Failed'],
  },
  'a repaired spec of a Failed entry': {
    cluster: TEAM,
    oldObject: entry('old', 'Failed'),
    object: { ...entry('old', 'Failed'), spec: entry('x').spec },
    expected: ['vMCP "team" will serve billing, old (new, once Valid, all tools visible)'],
  },
  'another group': {
    cluster: [...TEAM, vmcp('elsewhere', 'other')],
    oldObject: entry('billing', 'Valid'),
    object: entry('billing', 'Valid', '', 'other'),
    expected: [
      'vMCP "team" will serve nothing; not billing: no longer in the group, old: phase Failed',
      'vMCP "elsewhere" will serve billing (new, all tools visible)',
    ],
  },
  'a phase that becomes Valid': {
    cluster: TEAM,
    subResource: 'status',
    oldObject: entry('old', 'Failed'),
    object: entry('old', 'Valid'),
    expected: ['vMCP "team" will serve billing, old (new, all tools visible)'],
  },
  'a phase that is Valid no more': {
    cluster: TEAM,
    subResource: 'status',
    oldObject: entry('billing', 'Valid'),
    object: entry('billing', 'Failed'),
    expected: ['vMCP "team" will serve nothing; not billing: phase Failed, old: phase Failed'],
  },
  'more vMCPs than are shown': {
    cluster: [...TOOLS, ...['a', 'b', 'c', 'd', 'e'].map((name) => vmcp(name, 'tools', '{}', 'discovered'))],
    object: entry('search'),
    expected: [
      'vMCP "a" will serve search (new, once Valid, all tools visible)',
      'vMCP "b" will serve search (new, once Valid, all tools visible)',
      'vMCP "c" will serve search (new, once Valid, all tools visible); other vMCPs of the group change, too',
    ],
  },
  'a member of a group that is too large to be shown': {
    cluster: [...TEAM, ...Array.from({ length: 41 }, (_, index) => entry(`e${index}`, 'Valid'))],
    object: entry('search'),
    expected: ['vMCP "team" will serve search (new, once Valid, all tools visible)'],
  },
  'one of many backends, without the names of the others': {
    cluster: [...TEAM, ...Array.from({ length: 12 }, (_, index) => entry(`e${index}`, 'Valid'))],
    object: entry('search'),
    expected: [
      'vMCP "team" will serve search (new, once Valid, all tools visible) and 13 others; not old: phase Failed',
    ],
  },
  'nothing of a group without a vMCP': { cluster: TOOLS, object: entry('search'), expected: [] },
  'nothing of a denied entry': {
    cluster: TEAM,
    object: {
      ...entry('search'),
      spec: { ...(entry('search').spec as object), remoteUrl: 'http://localhost/' },
    },
    expected: [],
  },
  'nothing of an update that leaves the spec as it was': {
    cluster: TEAM,
    oldObject: entry('old', 'Failed'),
    object: {
      ...entry('old', 'Failed'),
      metadata: { name: 'old', namespace: 'default', labels: { a: 'b' } },
    },
    expected: [],
  },
  'nothing of a status that keeps its phase': {
    cluster: TEAM,
    subResource: 'status',
    oldObject: entry('billing', 'Valid'),
    object: entry('billing', 'Valid'),
    expected: [],
  },
  'nothing to a controller, which reads no warnings': {
    cluster: TEAM,
    object: entry('search'),
    userInfo: { username: 'system:serviceaccount:argocd:argocd-application-controller' },
    expected: [],
  },
  'what a dry run of a ServiceAccount asks for': {
    cluster: TEAM,
    object: entry('search'),
    userInfo: { username: 'system:serviceaccount:ci:deployer' },
    dryRun: true,
    expected: [
      'vMCP "team" will serve billing, search (new, once Valid, all tools visible); not old: phase Failed',
    ],
  },
  'nothing when the policy switches it off': {
    cluster: TEAM,
    object: entry('search'),
    policy: { ...defaultPolicy(), levels: { ...defaultPolicy().levels, 'vmcp-backends-change': 'off' } },
    expected: [],
  },
  'no denial when the policy has it at deny': {
    cluster: TEAM,
    object: entry('search'),
    policy: { ...defaultPolicy(), levels: { ...defaultPolicy().levels, 'vmcp-backends-change': 'deny' } },
    expected: [
      'vMCP "team" will serve billing, search (new, once Valid, all tools visible); not old: phase Failed',
    ],
  },
  'the deletion of an entry': {
    cluster: [...TEAM, entry('search', 'Valid')],
    operation: 'DELETE',
    oldObject: entry('search', 'Valid'),
    expected: ['vMCP "team" will no longer serve search; it will serve billing'],
  },
  'the deletion of the last one': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('billing', 'Valid'),
    expected: ['vMCP "team" will no longer serve billing; it will serve nothing'],
  },
  'a deletion to a vMCP that watches its group, and to one that does not': {
    cluster: [
      ...TEAM,
      vmcp('watching', 'tools', '{}', 'discovered'),
      server('srv', 'http://srv.default.svc/'),
    ],
    operation: 'DELETE',
    oldObject: server('srv', 'http://srv.default.svc/'),
    expected: [
      'vMCP "team" will no longer serve srv; it will serve billing',
      'vMCP "watching" will no longer serve srv',
    ],
  },
  'a deletion that lets another member be served which lost its name to it': {
    cluster: [...TEAM, server('search', 'http://search.default.svc/'), entry('search', 'Valid')],
    operation: 'DELETE',
    oldObject: server('search', 'http://search.default.svc/'),
    expected: [
      'vMCP "team" will no longer serve search; it will serve billing, search (new, all tools visible)',
    ],
  },
  'nothing of the deletion of a member that was not served': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('old', 'Failed'),
    expected: [],
  },
  'nothing of the deletion of a member of no group with a vMCP': {
    cluster: [...TEAM, entry('alone', 'Valid', '', 'other')],
    operation: 'DELETE',
    oldObject: entry('alone', 'Valid', '', 'other'),
    expected: [],
  },
  'no deletion to the controller that ends a namespace': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('billing', 'Valid'),
    userInfo: { username: 'system:serviceaccount:kube-system:namespace-controller' },
    expected: [],
  },
  'no deletion to kube-controller-manager, whose controllers may have no accounts of their own': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('billing', 'Valid'),
    userInfo: { username: 'system:kube-controller-manager' },
    expected: [],
  },
  'a deletion in a dry run of a ServiceAccount, also when the policy has it at deny': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('billing', 'Valid'),
    userInfo: { username: 'system:serviceaccount:ci:deployer' },
    dryRun: true,
    policy: { ...defaultPolicy(), levels: { ...defaultPolicy().levels, 'vmcp-backends-change': 'deny' } },
    expected: ['vMCP "team" will no longer serve billing; it will serve nothing'],
  },
  'no deletion when the policy switches it off': {
    cluster: TEAM,
    operation: 'DELETE',
    oldObject: entry('billing', 'Valid'),
    policy: { ...defaultPolicy(), levels: { ...defaultPolicy().levels, 'vmcp-backends-change': 'off' } },
    expected: [],
  },
};

describe('the preview of what vMCPs serve tells', () => {
  it.each(Object.entries(CASES))('%s', async (_what, { expected, ...spec }) => {
    expect(await told(spec)).toEqual(expected);
  });
});
