import { expect, it } from 'vitest';
import type { ToolHiveObject } from './harness/objects.ts';
import { findingsOf } from './harness/review.ts';
import { describeWithToolHive, type Verdict } from './harness/toolhive.ts';

type Spec = Readonly<Record<string, unknown>>;

function object(kind: ToolHiveObject['kind'], name: string, spec: Spec, status?: Spec) {
  const metadata = { name, namespace: 'apps' };
  return { apiVersion: 'toolhive.stacklok.dev/v1beta1', kind, metadata, spec, status };
}

const VALID = {
  conditions: [
    { type: 'Valid', status: 'True', reason: 'ok', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ],
};
const GROUP = object('MCPGroup', 'team', {}, { phase: 'Ready' });
const OIDC = object(
  'MCPOIDCConfig',
  'idp',
  {
    type: 'inline',
    inline: { issuer: 'https://idp.example', clientId: 'vmcp', jwksUrl: 'https://idp.example/keys' },
  },
  VALID,
);
const CONFIGS = {
  upstreamInject: { providerName: 'github' },
  xaa: {
    idpTokenUrl: 'https://idp.example/token',
    targetTokenUrl: 'https://target.example/token',
    targetAudience: 'https://target.example',
  },
};
const CHOICE = { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } };

type Use = 'member' | 'override' | 'default';

interface Case {
  readonly type: keyof typeof CONFIGS;
  readonly source: 'inline' | 'discovered';
  /** Where the config is named: by the member, or in `outgoingAuth`. */
  readonly use: Use;
  /** The upstream providers of the auth server; without one there is no auth server. */
  readonly providers: readonly string[];
}

const CASES: readonly Case[] = (['upstreamInject', 'xaa'] as const).flatMap((type) =>
  (['inline', 'discovered'] as const).flatMap((source) =>
    (['member', 'override', 'default'] as const).flatMap((use) =>
      [[], ['corp'], ['github'], ['corp', 'github']].map((providers) => ({ type, source, use, providers })),
    ),
  ),
);

function provider(name: string) {
  const at = `https://${name}.example`;
  const oauth2Config = {
    authorizationEndpoint: `${at}/authorize`,
    tokenEndpoint: `${at}/token`,
    clientId: 'vmcp',
  };
  return {
    name,
    type: 'oauth2',
    oauth2Config: { ...oauth2Config, redirectUri: 'https://vmcp.example/callback' },
  };
}

function outgoingAuth({ source, use }: Case): Spec {
  if (use === 'default') return { source, default: CHOICE };
  return use === 'override' ? { source, backends: { search: CHOICE } } : { source };
}

function server(example: Case) {
  const resource = 'https://vmcp.example';
  const { providers } = example;
  const authServer = { issuer: 'https://idp.example', upstreamProviders: providers.map(provider) };
  return object('VirtualMCPServer', 'vmcp', {
    groupRef: { name: 'team' },
    incomingAuth: { type: 'oidc', oidcConfigRef: { name: 'idp', audience: resource, resourceUrl: resource } },
    ...(providers.length > 0 ? { authServerConfig: authServer } : {}),
    outgoingAuth: outgoingAuth(example),
  });
}

/** All objects of a case: the server first, then those around it. */
function objects(example: Case) {
  const entry = {
    remoteUrl: 'https://search.example/mcp',
    transport: 'streamable-http',
    groupRef: { name: 'team' },
    ...(example.use === 'member' ? { externalAuthConfigRef: { name: 'auth' } } : {}),
  };
  const { type } = example;
  const config = object('MCPExternalAuthConfig', 'auth', { type, [type]: CONFIGS[type] });
  const other = {
    remoteUrl: 'https://other.example/mcp',
    transport: 'streamable-http',
    groupRef: { name: 'team' },
  };
  const members = [
    object('MCPServerEntry', 'search', entry, { phase: 'Valid' }),
    object('MCPServerEntry', 'other', other, { phase: 'Valid' }),
  ];
  return [server(example), config, ...members, GROUP, OIDC] as const;
}

type Effect = 'stops' | 'backend fails' | 'works';

/** What becomes of the vMCP. A call that gets as far as the network works. */
function effectInToolhive({ ok, calls }: Verdict): Effect {
  if (!ok) return 'stops';
  const call = calls?.search;
  return call === '' || call?.startsWith('IdP exchange failed') ? 'works' : 'backend fails';
}

const RULES = /^(auth-provider-|auth-without-identity|vmcp-auth-ambiguous)/;

/** What is said of an object, the others being there. */
async function effectInReview(reviewed: ToolHiveObject, others: readonly ToolHiveObject[]): Promise<Effect> {
  const { denials, warnings } = await findingsOf(reviewed, others);
  if (denials.length > 0) return 'stops';
  return warnings.some(({ rule }) => RULES.test(rule)) ? 'backend fails' : 'works';
}

describeWithToolHive('a config that needs an upstream provider', (ask) => {
  it('is denied where the operator or the vMCP stops, and warned about where a backend fails', async () => {
    const cases = CASES.map((example) => ({ example, all: objects(example) }));
    const verdicts = await ask(
      cases.map(({ all: [object, ...others] }) => ({ op: 'reconcile', object, others })),
    );
    const effects = new Set<Effect>();
    for (const [index, { example, all }] of cases.entries()) {
      const [vmcp, config, ...others] = all;
      const member = others[0]!;
      const effect = effectInToolhive(verdicts[index]!);
      effects.add(effect);
      const said = {
        vmcp: await effectInReview(vmcp, all),
        config: await effectInReview(config, all),
        ...(example.use === 'member' ? { member: await effectInReview(member, all) } : {}),
      };
      const expected = Object.fromEntries(Object.keys(said).map((which) => [which, effect]));
      expect({ example, toolhive: verdicts[index]?.error, ...said }).toEqual({
        example,
        toolhive: verdicts[index]?.error,
        ...expected,
      });
    }
    expect([...effects].sort()).toEqual(['backend fails', 'stops', 'works']);
  });
});
