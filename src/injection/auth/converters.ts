import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import { YamlMap } from '../config/render.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import type { LeaveReason } from '../report/reasons.ts';
import { type AuthServer, defaultProvider, providerFailure } from './authServer.ts';
import { isUsableRef } from './references.ts';
import { buildStrategy, type StrategySecret } from './strategyBlocks.ts';

/** One `BackendAuthStrategy` of the vMCP, without the names of its variables: those are chosen per Pod. */
export interface Strategy {
  readonly config: string;
  readonly secrets: readonly StrategySecret[];
  /** The strategy as it stands in config.yaml, `env` giving the variable that stands for ToolHive's. */
  render(env: (operatorName: string) => string): YamlMap;
}

/** The strategy with the variables that were chosen for it. */
export function renderStrategy(strategy: Strategy, nameOf: ChosenName): YamlMap {
  return strategy.render((name) => nameOf(name, strategy.config));
}

export interface AuthFailure {
  readonly reason: LeaveReason;
  readonly message: string;
}

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

const CONVERTIBLE = new Set([
  'unauthenticated',
  'tokenExchange',
  'headerInjection',
  'upstreamInject',
  'awsSts',
  'xaa',
]);

/**
 * What the controller of a config says against it. ToolHive asks that for a workload's own reference alone, not for what a
 * VirtualMCPServer names. Source: `buildOutgoingAuthConfig` of toolhive.
 */
export function markedInvalid({ metadata, valid }: McpExternalAuthConfig): AuthFailure | undefined {
  if (valid?.status !== 'False') return undefined;
  return {
    reason: 'auth-config-invalid',
    message: `MCPExternalAuthConfig "${metadata.name}" is marked invalid by its controller (${valid.reason || 'no reason given'}); see its status`,
  };
}

/**
 * Converts an MCPExternalAuthConfig into a strategy of the vMCP, as ToolHive's converters do, and refuses what the
 * vMCP's validator would refuse. Source: toolhive's converter registry and the vMCP's config validator.
 */
export function convertAuth(
  config: McpExternalAuthConfig,
  server: AuthServer | undefined,
): { readonly ok: true; readonly strategy: Strategy } | ({ readonly ok: false } & AuthFailure) {
  const { name } = config.metadata;
  const type = config.type ?? '';
  if (!CONVERTIBLE.has(type))
    return {
      ok: false,
      reason: 'auth-type-unsupported',
      message: `MCPExternalAuthConfig "${name}" is of type "${type}", which no vMCP can use towards a backend; allowed are ${[...CONVERTIBLE].join(', ')}`,
    };
  const incomplete = (what: string) =>
    ({
      ok: false,
      reason: 'auth-config-incomplete',
      message: `MCPExternalAuthConfig "${name}" of type "${type}" ${what}`,
    }) as const;
  const built = buildStrategy(config, defaultProvider(server));
  if (!built) return incomplete(`has no spec.${type}`);
  for (const [field, value] of Object.entries(built.required ?? {}))
    if (!value) return incomplete(`has no spec.${type}.${field}`);
  if (config.xaa?.subjectTokenType && config.type === 'xaa' && config.xaa.subjectTokenType !== ID_TOKEN)
    return incomplete(`must have the subjectTokenType ${ID_TOKEN} or none`);
  const secrets = (built.secrets ?? []).filter((secret) => secret !== undefined);
  if (secrets.some(({ ref }) => !isUsableRef(ref)))
    return incomplete('has a Secret reference without a usable name and key');
  const user = `MCPExternalAuthConfig "${name}"`;
  const provider =
    (config.type === 'xaa' ? config.xaa?.subjectProviderName : config.upstreamInject?.providerName) ?? '';
  const failure = providerFailure({ user, type: built.type, provider }, server);
  if (failure) return { ok: false, ...failure };
  return {
    ok: true,
    strategy: {
      config: name,
      secrets,
      render: (env) =>
        new YamlMap([
          ['type', built.type],
          ...(built.block ? [[built.block[0], built.block[1](env)] as const] : []),
        ]),
    },
  };
}
