import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../src/catalog/manifests/manifest.ts';
import type { Policy } from '../../../../src/rules/policy/policy.ts';
import { policyOf } from '../policy/support.ts';
import { review, TEAM, yaml } from '../support.ts';
import { CLOSE_CLUSTER, CLOSE_OBJECT, idOf, TWO_VERSIONS } from './arbitraries.ts';

const RUNS = { numRuns: 1_000 };

type Cluster = readonly KubernetesObject[];

/** The default, and one that guards the Secrets of the generated objects: whoever comes second would send one elsewhere. */
const POLICY = fc.constantFrom(
  policyOf('{}'),
  policyOf(
    'credentials: [{secret: default/s, hosts: [one.example]}, {secret: default/t, hosts: [two.example]}]',
  ),
);

/** The rules that deny an object which is written into a cluster, sorted. */
async function denialsOf(
  object: KubernetesObject,
  cluster: Cluster,
  oldObject?: KubernetesObject,
  policy?: Policy,
) {
  const outcome = await review({
    object,
    oldObject,
    cluster: [...TEAM, ...cluster],
    ...(policy && { policy }),
  });
  return outcome.kind === 'denied'
    ? outcome.causes.map((cause) => (cause as typeof cause & { rule: string }).rule).sort()
    : [];
}

async function isDenied(...asked: Parameters<typeof denialsOf>) {
  return (await denialsOf(...asked)).length > 0;
}

describe('of two objects that are fine without each other', () => {
  it('the second one is denied, whichever that is', async () => {
    await fc.assert(
      fc.asyncProperty(
        CLOSE_OBJECT,
        CLOSE_OBJECT,
        CLOSE_CLUSTER,
        POLICY,
        async (one, two, others, policy) => {
          const cluster = others.filter((other) => idOf(other) !== idOf(one) && idOf(other) !== idOf(two));
          const denied = (object: KubernetesObject, ...more: Cluster) =>
            isDenied(object, [...cluster, ...more], undefined, policy);
          fc.pre(idOf(one) !== idOf(two));
          fc.pre(!(await denied(one)) && !(await denied(two)));
          expect(await denied(two, one)).toBe(await denied(one, two));
        },
      ),
      RUNS,
    );
  });

  it('the one that an update brings into conflict is denied as if it were created', async () => {
    await fc.assert(
      fc.asyncProperty(
        TWO_VERSIONS,
        CLOSE_OBJECT,
        CLOSE_CLUSTER,
        POLICY,
        async ([before, after], other, others, policy) => {
          const cluster = others.filter((one) => idOf(one) !== idOf(after) && idOf(one) !== idOf(other));
          fc.pre(idOf(after) !== idOf(other));
          for (const object of [before, after, other])
            fc.pre(!(await isDenied(object, cluster, undefined, policy)));
          fc.pre(!(await isDenied(before, [...cluster, other], undefined, policy)));
          const updated = await isDenied(after, [...cluster, other, before], before, policy);
          expect(updated).toBe(await isDenied(other, [...cluster, after], undefined, policy));
        },
      ),
      RUNS,
    );
  });
});

describe('the stored version of an object', () => {
  it('is never in conflict with the object', async () => {
    await fc.assert(
      fc.asyncProperty(CLOSE_OBJECT, CLOSE_CLUSTER, async (object, others) => {
        const cluster = others.filter((other) => idOf(other) !== idOf(object));
        expect(await denialsOf(object, [...cluster, object])).toEqual(await denialsOf(object, cluster));
      }),
      RUNS,
    );
  });
});

/** Objects that other rows share: what alone is not denied. */
const CONFIGS = `
kind: MCPExternalAuthConfig
metadata: {name: c-d}
spec: {type: headerInjection, headerInjection: {headerName: X, valueSecretRef: {name: s, key: k}}}
---
kind: MCPExternalAuthConfig
metadata: {name: c.d}
spec: {type: headerInjection, headerInjection: {headerName: X, valueSecretRef: {name: t, key: k}}}
`;
const withHeaders = (name: string, header: string, secret = name) => `
kind: MCPServerEntry
metadata: {name: ${name}}
spec:
  remoteUrl: https://${name}.example/mcp
  transport: sse
  groupRef: {name: team}
  headerForward: {addHeadersFromSecret: [{headerName: ${header}, valueSecretRef: {name: ${secret}, key: k}}]}
`;
const member = (kind: string, name: string, config?: string, group = 'team') => `
kind: ${kind}
metadata: {name: ${name}}
spec:
  ${kind === 'MCPServer' ? 'image: x' : `remoteUrl: https://${name.slice(0, 9)}.example/mcp\n  transport: sse`}
  groupRef: {name: ${group}}
  ${config === undefined ? '' : `externalAuthConfigRef: {name: ${config}}`}
`;
const vmcp = (spec: string) => `
kind: VirtualMCPServer
metadata: {name: v}
spec: {groupRef: {name: team}, ${spec}}
`;
const choice = (config: string) => `{type: externalAuthConfigRef, externalAuthConfigRef: {name: ${config}}}`;

function objects(text: string): KubernetesObject[] {
  return yaml(text).map((object) => ({
    ...object,
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    metadata: { ...(object.metadata as object), namespace: 'default' },
  }));
}

function object(text: string): KubernetesObject {
  const [first] = objects(text);
  if (!first) throw new Error('the text holds no object');
  return first;
}

type Row = readonly [rule: string, what: string, one: string, two: string, others?: string];

const DENIED: readonly Row[] = [
  ['header-env-collision', 'entries a-b and a.b', withHeaders('a-b', 'X'), withHeaders('a.b', 'Y')],
  [
    'header-env-collision',
    'entries of which one has headers',
    withHeaders('a-b', 'X'),
    member('MCPServerEntry', 'a.b'),
  ],
  [
    'header-env-collision',
    'header X of a-b and header X-A of b',
    withHeaders('a-b', 'X'),
    withHeaders('b', 'X-A'),
  ],
  ['header-env-collision', 'an entry and a proxy', withHeaders('a.b', 'X'), member('MCPRemoteProxy', 'a-b')],
  ['header-env-collision', 'an entry and a server', withHeaders('a.b', 'X'), member('MCPServer', 'a-b')],
  [
    'header-env-collision',
    'an entry and a server of one name',
    withHeaders('a', 'X'),
    member('MCPServer', 'a'),
  ],
  [
    'header-env-collision',
    'an entry and a configured backend',
    withHeaders('a-b', 'X'),
    vmcp('config: {backends: [{name: a.b, url: https://other.example/mcp}]}'),
  ],
  [
    'header-env-collision',
    'an entry and a configured backend of its name at another server',
    withHeaders('a-b', 'X'),
    vmcp('config: {backends: [{name: a-b, url: https://other.example/mcp}]}'),
  ],
  [
    'name-volume-collision',
    'a long name and the name that ToolHive makes of it',
    `${member('MCPServerEntry', 'shared-prefix-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0ab537a5')}  caBundleRef: {configMapRef: {name: ca, key: ca.crt}}`,
    `${member('MCPServerEntry', `shared-prefix-${'a'.repeat(43)}-suffix-one`)}  caBundleRef: {configMapRef: {name: ca, key: ca.crt}}`,
  ],
  ...['MCPServerEntry', 'MCPRemoteProxy', 'MCPServer'].flatMap((kind): Row[] => [
    ['auth-env-collision', `two of ${kind}`, member(kind, 'one', 'c-d'), member(kind, 'two', 'c.d'), CONFIGS],
    [
      'auth-env-collision',
      `an entry and an ${kind}`,
      member('MCPServerEntry', 'one', 'c-d'),
      member(kind, 'two', 'c.d'),
      CONFIGS,
    ],
    [
      'auth-env-collision',
      `an ${kind} and the default of a vMCP`,
      member(kind, 'one', 'c-d'),
      vmcp(`outgoingAuth: {default: ${choice('c.d')}}`),
      CONFIGS,
    ],
    [
      'auth-env-collision',
      `an ${kind} and an override of a vMCP`,
      member(kind, 'one', 'c-d'),
      vmcp(`outgoingAuth: {backends: {other: ${choice('c.d')}}}`),
      CONFIGS,
    ],
    [
      'auth-env-collision',
      `an ${kind} and the config that it uses`,
      member(kind, 'two', 'c.d'),
      CONFIGS.split('---')[1] ?? '',
      `${CONFIGS.split('---')[0]}---${member('MCPServerEntry', 'one', 'c-d')}`,
    ],
  ]),
  [
    'auth-env-collision',
    'two configs that members use',
    CONFIGS.split('---')[0] ?? '',
    CONFIGS.split('---')[1] ?? '',
    `${member('MCPRemoteProxy', 'one', 'c-d')}---${member('MCPServer', 'two', 'c.d')}`,
  ],
  [
    'auth-env-collision',
    'two configs that a vMCP uses',
    CONFIGS.split('---')[0] ?? '',
    CONFIGS.split('---')[1] ?? '',
    vmcp(`outgoingAuth: {default: ${choice('c-d')}, backends: {x: ${choice('c.d')}}}`),
  ],
  [
    'auth-provider-missing',
    'a server and a vMCP without its provider',
    member('MCPServer', 'one', 'u'),
    vmcp('outgoingAuth: {source: inline}'),
    'kind: MCPExternalAuthConfig\nmetadata: {name: u}\nspec: {type: upstreamInject, upstreamInject: {providerName: p}}',
  ],
  [
    'auth-provider-missing',
    'a dynamic vMCP without a provider and the config that it names',
    vmcp(`outgoingAuth: {default: ${choice('u')}}`),
    'kind: MCPExternalAuthConfig\nmetadata: {name: u}\nspec: {type: upstreamInject, upstreamInject: {providerName: p}}',
  ],
  [
    'vmcp-auth-ambiguous',
    'a dynamic vMCP with two providers and the config that it names',
    vmcp(
      `incomingAuth: {type: oidc}, outgoingAuth: {default: ${choice('x')}}, authServerConfig: {issuer: "https://i.example", upstreamProviders: [{name: a}, {name: b}]}`,
    ),
    'kind: MCPExternalAuthConfig\nmetadata: {name: x}\nspec: {type: xaa, xaa: {idpTokenUrl: "https://i.example/t", targetTokenUrl: "https://t.example/t", targetAudience: a}}',
  ],
  [
    'vmcp-auth-unusable',
    'a vMCP and a config that ToolHive cannot convert',
    vmcp(`outgoingAuth: {default: ${choice('t')}}`),
    'kind: MCPExternalAuthConfig\nmetadata: {name: t}\nspec: {type: bearerToken, bearerToken: {tokenSecretRef: {name: s, key: k}}}',
  ],
];

const ALLOWED: readonly Row[] = [
  [
    '',
    'a server and a dynamic vMCP without its provider',
    member('MCPServer', 'one', 'u'),
    vmcp('incomingAuth: {type: oidc}'),
    'kind: MCPExternalAuthConfig\nmetadata: {name: u}\nspec: {type: upstreamInject, upstreamInject: {providerName: p}}',
  ],
  [
    '',
    'entries a-b and a.b without headers',
    member('MCPServerEntry', 'a-b'),
    member('MCPServerEntry', 'a.b'),
  ],
  [
    '',
    'entries a-b and a.b of two groups',
    withHeaders('a-b', 'X'),
    withHeaders('a.b', 'Y').replace('name: team', 'name: other'),
  ],
  [
    '',
    'headers X of a-b and X-A of b on proxies, which send their headers themselves',
    withHeaders('a-b', 'X').replace('MCPServerEntry', 'MCPRemoteProxy'),
    withHeaders('b', 'X-A').replace('MCPServerEntry', 'MCPRemoteProxy'),
  ],
  [
    '',
    'an entry and a configured backend of its name and server',
    withHeaders('a-b', 'X'),
    vmcp('config: {backends: [{name: a-b, url: https://a-b.example/other}]}'),
  ],
  [
    '',
    'configs of one Secret',
    member('MCPServer', 'one', 'c-d'),
    member('MCPRemoteProxy', 'two', 'c.d'),
    CONFIGS.replace('name: t', 'name: s'),
  ],
  [
    '',
    'configs in two groups',
    member('MCPServer', 'one', 'c-d'),
    member('MCPServer', 'two', 'c.d', 'other'),
    CONFIGS,
  ],
  [
    '',
    'configs of two vMCPs of one group',
    vmcp(`outgoingAuth: {default: ${choice('c-d')}}`),
    vmcp(`outgoingAuth: {default: ${choice('c.d')}}`).replace('name: v', 'name: w'),
    CONFIGS,
  ],
  [
    '',
    'a config that a vMCP names without using it',
    member('MCPServer', 'one', 'c-d'),
    vmcp('outgoingAuth: {default: {type: discovered, externalAuthConfigRef: {name: c.d}}}'),
    CONFIGS,
  ],
  [
    '',
    'configs whose variables begin differently',
    member('MCPServer', 'one', 'c-d'),
    member('MCPServer', 'two', 'c.d'),
    `${CONFIGS.split('---')[0]}---
kind: MCPExternalAuthConfig
metadata: {name: c.d}
spec: {type: tokenExchange, tokenExchange: {tokenUrl: https://i.example/, audience: a, clientId: c, clientSecretRef: {name: t, key: k}}}`,
  ],
];

describe.each([
  ['of two conflicting objects the second is denied', DENIED],
  ['not denied', ALLOWED],
] as const)('%s', (_title, rows) => {
  it.each(rows.map((row) => [`${row[1]} ${row[0]}`, row] as const))('%s', async (_what, row) => {
    const [rule, , one, two, others = ''] = row;
    const expected = rule === '' ? [] : [rule];
    const cluster = objects(others);
    const [first, second] = [object(one), object(two)];
    expect(new Set(await denialsOf(second, [...cluster, first]))).toEqual(new Set(expected));
    expect(new Set(await denialsOf(first, [...cluster, second]))).toEqual(new Set(expected));
    expect(await denialsOf(first, cluster)).toEqual([]);
    expect(await denialsOf(second, cluster)).toEqual([]);
  });
});

describe('many objects of names that are alike', () => {
  /** `a-b-c-d-e-f` with some of the hyphens as dots. */
  const alike = (index: number) =>
    ['b', 'c', 'd', 'e', 'f'].reduce(
      (name, letter, at) => `${name}${index & (1 << at) ? '.' : '-'}${letter}`,
      'a',
    );
  const many = (text: (name: string) => string) =>
    Array.from({ length: 25 }, (_, index) => object(text(alike(index + 1))));
  const detailOf = async (subject: KubernetesObject, cluster: Cluster) => {
    const outcome = await review({ object: subject, cluster: [...TEAM, ...cluster] });
    return outcome.kind === 'denied' ? outcome.causes.map(({ message }) => message).join('\n') : '';
  };

  it('are not all counted', async () => {
    const cluster = many((name) => withHeaders(name, 'X'));
    expect(await detailOf(object(withHeaders(alike(0), 'X')), cluster)).toContain('(and at least 19 more)');
  });

  it('or headers are told by their number', async () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `X-${index}: a`);
    const text = `${member('MCPServerEntry', 'a-b')}  headerForward: {addPlaintextHeaders: {${names.join(', ')}}}\n`;
    expect(await detailOf(object(text), [object(member('MCPServer', 'a.b'))])).toContain(
      ': 1001 headers would also be sent to MCPServer "a.b"',
    );
  });

  it('are searched for one with headers, which alone conflicts with one without', async () => {
    const cluster = [...many((name) => member('MCPServer', name)), object(withHeaders(alike(30), 'X'))];
    expect(await denialsOf(object(member('MCPServer', alike(0))), cluster)).toEqual(['header-env-collision']);
  });

  it('are searched for one with another config, after many with the same', async () => {
    const cluster = [
      ...many((name) => member('MCPServer', name, 'c-d')),
      object(member('MCPServer', 'z', 'c.d')),
      ...objects(CONFIGS),
    ];
    expect(await denialsOf(object(member('MCPServer', 'y', 'c-d')), cluster)).toEqual(['auth-env-collision']);
  });
});

it('a vMCP whose default and override share a variable is denied by itself', async () => {
  const one = object(vmcp(`outgoingAuth: {default: ${choice('c-d')}, backends: {x: ${choice('c.d')}}}`));
  expect(await denialsOf(one, objects(CONFIGS))).toEqual(['auth-env-collision', 'auth-env-collision']);
});
