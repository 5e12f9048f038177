import { checkTokenCredentials } from '../../rules/credentials/toBackends.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import { joinVerdicts, toVerdict } from '../../rules/findings/levels.ts';
import type { Finding } from '../../rules/findings/verdict.ts';
import { excludesFromPods } from '../../rules/policy/enforcement.ts';
import { judgeTokenUrls } from '../../rules/url/tokenUrls.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { BackendAuthChoice, VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { YamlMap } from '../../yaml/values.ts';
import type { Backend } from '../discovery/backend.ts';
import type { EligibilityFacts } from '../discovery/eligible.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import { type Note, podNote, type Refusal } from '../report/reasons.ts';
import type { AuthServer } from './authServer.ts';
import { convertAuth, markedInvalid, renderStrategy, type Strategy } from './converters.ts';

/** How a backend of the vMCP is called. */
export type BackendAuth =
  /** No strategy of its own: the vMCP takes its default. */
  | { readonly kind: 'default' }
  /** A strategy of the base config, or `unauthenticated`, written as it is. */
  | { readonly kind: 'kept'; readonly strategy: YamlMap }
  /**
   * Converted. `required` when the VirtualMCPServer itself names the config: its Secrets are the vMCP's own concern, and
   * a missing one stops it, as ToolHive means it.
   */
  | { readonly kind: 'converted'; readonly strategy: Strategy; readonly required: boolean };

/** A backend, and how it is called. */
export interface Candidate extends Backend {
  readonly auth: BackendAuth;
}

/** Everything beyond a backend that decides its auth. */
export interface AuthFacts extends EligibilityFacts {
  readonly authServer: AuthServer | undefined;
  /** Undefined for a self-managed Pod. */
  readonly virtualServer: VirtualMcpServer | undefined;
  /** Names that no member may have. */
  readonly names: ReadonlySet<string>;
  /** Strategies of a self-managed base config by backend; they are its owner's explicit choices. */
  readonly choices: ReadonlyMap<string, YamlMap>;
  /** Those of them that cannot be used, with what is wrong. */
  readonly broken: ReadonlyMap<string, Refusal>;
}

export const UNAUTHENTICATED = new YamlMap([['type', 'unauthenticated']]);

/** True for a strategy of type `discovered`, which ToolHive resolves and no vMCP takes in its config. */
export function isDiscovered(strategy: YamlMap | undefined): boolean {
  return strategy?.get('type') === 'discovered';
}

/** Why validation would deny the token endpoints of a config today. */
function denialOf(config: McpExternalAuthConfig, facts: AuthFacts): Finding | undefined {
  const { kind, metadata } = config;
  const policy = withExceptions(facts.policy, { kind, ...metadata }, facts.now);
  const { denials } = joinVerdicts(
    judgeTokenUrls(config, policy),
    toVerdict(checkTokenCredentials(config, policy), policy),
  );
  return denials.find(({ rule }) => excludesFromPods(rule, policy));
}

/**
 * Converts the config of a name. One that validation would deny today for a token endpoint is refused, as an entry is for
 * its URL: a client secret would go there.
 */
function convertNamed(name: string, facts: AuthFacts): Strategy | Refusal {
  const config = facts.view.authConfig(name);
  const what = `MCPExternalAuthConfig "${name}"`;
  if (!config)
    return {
      reason: 'auth-config-missing',
      message: `${what} does not exist; create it or correct the reference`,
    };
  const converted = convertAuth(config, facts.authServer);
  const denial = 'reason' in converted ? undefined : denialOf(config, facts);
  if (!denial) return converted;
  return {
    reason: 'auth-config-denied',
    message: `${what} would be denied: ${denial.field}: ${denial.message}`,
  };
}

/** `outgoingAuth.default` of a VirtualMCPServer, or one of its overrides of type `externalAuthConfigRef`. */
function convertChoice({ type = '', authConfig }: BackendAuthChoice, facts: AuthFacts): Strategy | Refusal {
  if (type === 'externalAuthConfigRef' && authConfig) return convertNamed(authConfig, facts);
  const what =
    type === 'externalAuthConfigRef'
      ? 'externalAuthConfigRef for it without a name'
      : `auth of the unknown type "${type}" for it`;
  return { reason: 'auth-config-incomplete', message: `the VirtualMCPServer chooses ${what}` };
}

function asAuth(converted: Strategy | Refusal, required: boolean): BackendAuth | Refusal {
  return 'reason' in converted ? converted : { kind: 'converted', strategy: converted, required };
}

/** The auth that a backend itself refers to, else `otherwise`. */
function ownAuth({ authConfig }: Backend, facts: AuthFacts, otherwise: BackendAuth): BackendAuth | Refusal {
  if (authConfig === undefined) return otherwise;
  const config = facts.view.authConfig(authConfig);
  return (config && markedInvalid(config)) ?? asAuth(convertNamed(authConfig, facts), false);
}

/**
 * The auth of one backend, in ToolHive's order: the explicit choice for its name, then its own reference, then the
 * default. An explicit choice of type `discovered`, which the vMCP refuses in its config, means the backend's own reference,
 * and `unauthenticated` when it has none. A refused auth never falls to the default; a broken reference of the backend does
 * not matter below a valid explicit choice.
 */
export function resolveAuth(backend: Backend, facts: AuthFacts): BackendAuth | Refusal {
  const { name } = backend;
  const explicit = facts.virtualServer?.backendAuth ?? {};
  // A name may be one that every object has, as `constructor`.
  const choice = Object.hasOwn(explicit, name) ? explicit[name] : undefined;
  if (choice && choice.type !== 'discovered') return asAuth(convertChoice(choice, facts), true);
  const broken = facts.broken.get(name);
  if (broken)
    return { ...broken, message: `its strategy in the base config cannot be used: ${broken.message}` };
  const strategy = facts.choices.get(name);
  if (choice || isDiscovered(strategy))
    return ownAuth(backend, facts, { kind: 'kept', strategy: UNAUTHENTICATED });
  return strategy ? { kind: 'kept', strategy } : ownAuth(backend, facts, { kind: 'default' });
}

/** What becomes of `outgoingAuth.default`. */
export interface DefaultAuth {
  /** The converted default of the VirtualMCPServer, whether or not it is written: its variables are the operator's. */
  readonly strategy: Strategy | undefined;
  /** What replaces the default of the base config; undefined leaves it as it is. */
  readonly replacement: Strategy | 'unauthenticated' | undefined;
  readonly notes: readonly Note[];
}

/** The node that replaces the default, if any. */
export function defaultNode({ replacement }: DefaultAuth, nameOf: ChosenName): YamlMap | undefined {
  return replacement === 'unauthenticated'
    ? UNAUTHENTICATED
    : replacement && renderStrategy(replacement, nameOf);
}

/**
 * Repairs the default where the vMCP would refuse it or the operator could not write it. Type `discovered` ends the vMCP in
 * inline mode: it becomes the VirtualMCPServer's own default, or `unauthenticated`, which is what ToolHive makes of it in
 * discovered mode. A default that the base config lacks because its conversion failed once is put in.
 */
export function resolveDefault(base: YamlMap | undefined, facts: AuthFacts): DefaultAuth {
  const choice = facts.virtualServer?.defaultAuth;
  const converted = choice && choice.type !== 'discovered' ? convertChoice(choice, facts) : undefined;
  const notes: Note[] = [];
  let strategy: Strategy | undefined;
  if (converted && 'reason' in converted) {
    const message = `the default auth of the VirtualMCPServer cannot be used (${converted.reason}): ${converted.message}`;
    notes.push(podNote('default-auth-failed', message));
  } else strategy = converted;
  if (base === undefined || !isDiscovered(base))
    return { strategy, replacement: base === undefined ? strategy : undefined, notes };
  const now = strategy ? `MCPExternalAuthConfig "${strategy.config}"` : 'unauthenticated';
  const message = `outgoingAuth.default is of type discovered, which ends a vMCP in inline mode; it was replaced by ${now}`;
  notes.push(podNote('default-auth-replaced', message));
  return { strategy, replacement: strategy ?? 'unauthenticated', notes };
}
