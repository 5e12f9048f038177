import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../src/catalog/manifests/manifest.ts';
import { review, TEAM, yaml } from '../support.ts';

/** What was stored while the webhook was away: each of these is denied today. */
const STORED = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: a-b, namespace: default}
spec:
  remoteUrl: https://one.example/mcp
  transport: sse
  groupRef: {name: team}
  externalAuthConfigRef: {name: c-d}
  headerForward: {addHeadersFromSecret: [{headerName: X, valueSecretRef: {name: one, key: k}}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: a.b, namespace: default}
spec:
  remoteUrl: https://two.example/mcp
  transport: sse
  groupRef: {name: team}
  externalAuthConfigRef: {name: c.d}
  headerForward: {addHeadersFromSecret: [{headerName: Y, valueSecretRef: {name: two, key: k}}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: other-pair, namespace: default}
spec: {remoteUrl: https://three.example/mcp, transport: sse, groupRef: {name: other}, externalAuthConfigRef: {name: c-d}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: c-d, namespace: default}
spec: {type: headerInjection, headerInjection: {headerName: K, valueSecretRef: {name: s, key: k}}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: c.d, namespace: default}
spec: {type: headerInjection, headerInjection: {headerName: K, valueSecretRef: {name: t, key: k}}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: x-y, namespace: default}
spec:
  type: tokenExchange
  tokenExchange:
    {tokenUrl: https://idp.example/a, audience: a, clientId: c, clientSecretRef: {name: s, key: k}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: x.y, namespace: default}
spec:
  type: tokenExchange
  tokenExchange:
    {tokenUrl: https://idp.example/b, audience: b, clientId: c, clientSecretRef: {name: t, key: k}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: v, namespace: default}
spec:
  groupRef: {name: team}
  outgoingAuth:
    default: {type: externalAuthConfigRef, externalAuthConfigRef: {name: x-y}}
    backends:
      '1': {type: externalAuthConfigRef, externalAuthConfigRef: {name: x.y}}
  config: {backends: [{name: a.b, url: https://four.example/mcp}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: moved, namespace: default}
spec:
  remoteUrl: https://one.example/mcp
  transport: sse
  groupRef: {name: moving}
  headerForward: {addHeadersFromSecret: [{headerName: X, valueSecretRef: {name: one, key: k}}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: moving, namespace: default}
spec:
  groupRef: {name: moving}
  config: {backends: [{name: moved, url: https://one.example/mcp}, {name: moved, url: https://two.example/mcp}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: inject, namespace: default}
spec: {type: upstreamInject, upstreamInject: {providerName: p}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: xaa, namespace: default}
spec: {type: xaa, xaa: {idpTokenUrl: https://i.example/, targetTokenUrl: https://t.example/, targetAudience: a}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: upstreams, namespace: default}
spec:
  groupRef: {name: upstreams}
  outgoingAuth:
    default: {type: externalAuthConfigRef, externalAuthConfigRef: {name: inject}}
    backends: {one: {type: externalAuthConfigRef, externalAuthConfigRef: {name: xaa}}}
  authServerConfig: {upstreamProviders: [{name: a}, {name: b}, {name: c}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPCompositeToolDefinition
metadata: {name: d1, namespace: default}
spec: {name: report, description: d, steps: [{id: a, tool: x.y}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPCompositeToolDefinition
metadata: {name: d2, namespace: default}
spec: {name: report, description: d, steps: [{id: a, tool: x.y}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPCompositeToolDefinition
metadata: {name: d3, namespace: default}
spec: {name: report, description: d, steps: [{id: a, tool: x.y}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: tools, namespace: default}
spec: {groupRef: {name: tools}, config: {compositeToolRefs: [{name: d1}, {name: d2}]}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: own, namespace: default}
spec:
  groupRef: {name: empty}
  outgoingAuth:
    default: {type: externalAuthConfigRef, externalAuthConfigRef: {name: c-d}}
    backends:
      one: {type: externalAuthConfigRef, externalAuthConfigRef: {name: c.d}}
  config: {backends: [{name: one, url: https://one.example/mcp}, {name: two, url: https://two.example/mcp}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: overrides, namespace: default}
spec:
  groupRef: {name: empty}
  outgoingAuth:
    backends:
      one: {type: externalAuthConfigRef, externalAuthConfigRef: {name: c.d}}
      two: {type: externalAuthConfigRef, externalAuthConfigRef: {name: c-d}}
  config: {backends: [{name: one, url: https://one.example/mcp}]}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata: {name: proxy, namespace: default}
spec: {remoteUrl: https://five.example/mcp, groupRef: {name: team}, externalAuthConfigRef: {name: c.d}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: p-q, namespace: default}
spec:
  remoteUrl: https://one.example/mcp
  transport: sse
  groupRef: {name: plain}
  headerForward: {addPlaintextHeaders: {Z: token}}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServer
metadata: {name: p.q, namespace: default}
spec: {image: x, transport: stdio, groupRef: {name: plain}}
`);

/** The stored object of a kind and name, changed by `edit`. */
function changed(kind: string, name: string, edit: string): KubernetesObject {
  const stored = find(kind, name);
  const [patch] = yaml(edit) as unknown as [Record<string, unknown>];
  return { ...stored, spec: merge(stored.spec, patch) };
}

function find(kind: string, name: string): KubernetesObject {
  const found = STORED.find(
    (object) => object.kind === kind && (object.metadata as { name: string }).name === name,
  );
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

/** A JSON merge patch (RFC 7386). */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key] ?? {}, value);
  }
  return merged;
}

const ENTRY = ['MCPServerEntry', 'a.b'] as const;
const CONFIG = ['MCPExternalAuthConfig', 'c.d'] as const;
const EXCHANGE = ['MCPExternalAuthConfig', 'x.y'] as const;
const VMCP = ['VirtualMCPServer', 'v'] as const;
/** A vMCP whose own backends get the Secrets that collide. */
const OWN = ['VirtualMCPServer', 'own'] as const;
/** A vMCP with two composite tools of one name. */
const TOOLS = ['VirtualMCPServer', 'tools'] as const;
/** A vMCP that lacks a provider, and has several where it should name one. */
const UPSTREAMS = ['VirtualMCPServer', 'upstreams'] as const;

/** An entry whose header goes to another server, too, from which it gets none. */
const PLAIN = ['MCPServerEntry', 'p-q'] as const;

type Row = readonly [what: string, of: readonly [kind: string, name: string], patch: string];

const header = (name: string, secret: string) =>
  `{headerName: ${name}, valueSecretRef: {name: ${secret}, key: k}}`;

describe('an update of an object with a stored collision is denied when it', () => {
  it.each<Row>([
    [
      'adds a secret header',
      ENTRY,
      `headerForward: {addHeadersFromSecret: [${header('Y', 'two')}, ${header('Z', 'two')}]}`,
    ],
    [
      'points a header at another Secret',
      ENTRY,
      `headerForward: {addHeadersFromSecret: [${header('Y', 'new')}]}`,
    ],
    ['changes a plaintext header', PLAIN, 'headerForward: {addPlaintextHeaders: {Z: other}}'],
    ['adds a plaintext header', ENTRY, 'headerForward: {addPlaintextHeaders: {Z: token}}'],
    [
      'moves to the server of one of two configured backends of its name, away from that of the other',
      ['MCPServerEntry', 'moved'],
      'remoteUrl: https://two.example/mcp',
    ],
    [
      'changes its URL, to which the headers of the other are sent',
      ENTRY,
      'remoteUrl: https://attacker.example/mcp',
    ],
    ['points an auth config at another Secret', CONFIG, 'headerInjection: {valueSecretRef: {name: new}}'],
    ['points an auth config at another key', CONFIG, 'headerInjection: {valueSecretRef: {key: new}}'],
    ['changes the token endpoint', EXCHANGE, 'tokenExchange: {tokenUrl: https://attacker.example/token}'],
    ['points a client secret at another Secret', EXCHANGE, 'tokenExchange: {clientSecretRef: {name: new}}'],
    ['moves to another group with such a collision', ENTRY, 'groupRef: {name: other}'],
    [
      'adds an override with the other config',
      VMCP,
      "outgoingAuth: {backends: {'2': {type: externalAuthConfigRef, externalAuthConfigRef: {name: x.y}}}}",
    ],
    [
      'adds a second backend of that name',
      VMCP,
      'config: {backends: [{name: a.b, url: https://four.example/mcp}, {name: a.b, url: https://four.example/mcp}]}',
    ],
    [
      'adds a backend of a name like that',
      VMCP,
      'config: {backends: [{name: a.b, url: https://four.example/mcp}, {name: a-b, url: https://four.example/mcp}]}',
    ],
    [
      'changes the URL of a backend',
      VMCP,
      'config: {backends: [{name: a.b, url: https://attacker.example/mcp}]}',
    ],
    [
      'adds a third composite tool of one name',
      TOOLS,
      'config: {compositeToolRefs: [{name: d1}, {name: d2}, {name: d3}]}',
    ],
    [
      'changes the URL of a backend that an override is for',
      OWN,
      'config: {backends: [{name: one, url: https://attacker.example/mcp}, {name: two, url: https://two.example/mcp}]}',
    ],
    [
      'changes the URL of a backend that an override is for, beside no default',
      ['VirtualMCPServer', 'overrides'],
      'config: {backends: [{name: one, url: https://attacker.example/mcp}]}',
    ],
    [
      'changes the URL of a proxy, which gets the Secret of the other config',
      ['MCPRemoteProxy', 'proxy'],
      'remoteUrl: https://attacker.example/mcp',
    ],
    [
      'adds a backend that the default is for',
      OWN,
      'config: {backends: [{name: one, url: https://one.example/mcp}, {name: two, url: https://two.example/mcp}, {name: three, url: https://attacker.example/mcp}]}',
    ],
  ])('%s', async (_what, of, patch) => {
    const oldObject = find(...of);
    expect(await review({ object: oldObject, cluster: [...TEAM, ...STORED] })).toMatchObject({
      kind: 'denied',
    });
    const outcome = await review({ object: changed(...of, patch), oldObject, cluster: [...TEAM, ...STORED] });
    expect(outcome).toMatchObject({ kind: 'denied' });
  });
});

describe('an update of an object with a stored collision is allowed when it', () => {
  it.each<Row>([
    ['changes nothing', ENTRY, '{}'],
    ['removes its headers', ENTRY, 'headerForward: null'],
    ['removes its auth config', ENTRY, 'externalAuthConfigRef: null'],
    ['changes its transport', ENTRY, 'transport: streamable-http'],
    ['changes the header of an auth config', CONFIG, 'headerInjection: {headerName: L}'],
    ['changes the audience', EXCHANGE, 'tokenExchange: {audience: c}'],
    ['changes its service account', VMCP, 'serviceAccount: other'],
    ['removes an override', VMCP, "outgoingAuth: {backends: {'1': null}}"],
    [
      'reorders backends',
      OWN,
      'config: {backends: [{name: two, url: https://two.example/mcp}, {name: one, url: https://one.example/mcp}]}',
    ],
    ['reorders composite tools of one name', TOOLS, 'config: {compositeToolRefs: [{name: d2}, {name: d1}]}'],
    [
      'reorders upstream providers',
      UPSTREAMS,
      'authServerConfig: {upstreamProviders: [{name: c}, {name: a}, {name: b}]}',
    ],
    [
      'removes an upstream provider',
      UPSTREAMS,
      'authServerConfig: {upstreamProviders: [{name: a}, {name: b}]}',
    ],
    ['removes backends', OWN, 'config: {backends: []}'],
    [
      'changes to static mode, where its own backends are replaced',
      OWN,
      'outgoingAuth: {source: inline}\nconfig: {backends: [{name: two, url: https://other.example/mcp}]}',
    ],
    [
      'points an auth config at the Secret of the other',
      CONFIG,
      'headerInjection: {valueSecretRef: {name: s}}',
    ],
    ['changes its URL, to which no other headers are sent', PLAIN, 'remoteUrl: https://two.example/mcp'],
    [
      'adds a backend without a conflict',
      VMCP,
      'config: {backends: [{name: z, url: https://z.example/}, {name: a.b, url: https://four.example/mcp}]}',
    ],
  ])('%s', async (_what, of, patch) => {
    const oldObject = find(...of);
    const outcome = await review({ object: changed(...of, patch), oldObject, cluster: [...TEAM, ...STORED] });
    expect(outcome).toMatchObject({ kind: 'allowed' });
  });
});
