import { checkTokenCredentials } from '../../rules/credentials/toBackends.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import { toVerdict } from '../../rules/findings/levels.ts';
import type { Finding } from '../../rules/findings/verdict.ts';
import { excludesFromPods } from '../../rules/policy/enforcement.ts';
import { checkUsedTokenUrls } from '../../rules/url/tokenUrls.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { BackendAuthChoice, VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { YamlMap } from '../../yaml/values.ts';
import type { Backend } from '../discovery/backend.ts';
import type { EligibilityFacts } from '../discovery/eligible.ts';
import { type Note, podNote, type Refusal } from '../report/reasons.ts';
import type { AuthServer } from './authServer.ts';
import { type BackendAuth, convertAuth, type StrategySecret, UNAUTHENTICATED } from './converters.ts';
import { missingIn } from './secrets.ts';

/** A backend, and how it is called. */
export interface Candidate extends Backend {
  readonly auth: BackendAuth;
}

/** Everything beyond a backend that decides its auth. */
export interface AuthFacts extends EligibilityFacts {
  /** The auth server of the vMCP; undefined when it has none. */
  readonly authServer: AuthServer | undefined;
  /** Undefined for a self-managed Pod. */
  readonly virtualServer: VirtualMcpServer | undefined;
  /** Names that no member may have. */
  readonly names: ReadonlySet<string>;
  /** Strategies of a self-managed base config by backend, or why one cannot be used; they are its owner's explicit choices. */
  readonly choices: ReadonlyMap<string, YamlMap | Refusal>;
}

/** True for a strategy of type `discovered`, which ToolHive resolves and no vMCP takes in its config. */
export function isDiscovered(strategy: YamlMap | undefined): boolean {
  return strategy?.get('type') === 'discovered';
}

/** Why validation would deny the token endpoints of a config today. */
function denialOf(config: McpExternalAuthConfig, facts: AuthFacts): Finding | undefined {
  const { kind, metadata } = config;
  const policy = withExceptions(facts.policy, { kind, ...metadata }, facts.now);
  const findings = [...checkUsedTokenUrls(config, policy), ...checkTokenCredentials(config, policy)];
  return toVerdict(findings, policy).denials.find(({ rule }) => excludesFromPods(rule, policy));
}

/**
 * Why the controller of a config marked it invalid; undefined when it did not. ToolHive checks this for a workload's own
 * reference alone, not for configs that a VirtualMCPServer names. Source: `buildOutgoingAuthConfig` of toolhive.
 */
function markedInvalid({ metadata, valid }: McpExternalAuthConfig): Refusal | undefined {
  if (valid?.status !== 'False') return undefined;
  const message = `MCPExternalAuthConfig "${metadata.name}" is marked invalid by its controller (${valid.reason || 'no reason given'}); see its status`;
  return { reason: 'auth-config-invalid', message };
}

/**
 * Converts the config of a name. One that validation would deny today for a token endpoint is refused, as an entry is for
 * its URL: a client secret would go there.
 * @param required whether the VirtualMCPServer itself names it
 */
function convertNamed(name: string, facts: AuthFacts, required: boolean): BackendAuth | Refusal {
  const config = facts.view.authConfig(name);
  const what = `MCPExternalAuthConfig "${name}"`;
  const missing = `${what} does not exist; create it or correct the reference`;
  if (!config) return { reason: 'auth-config-missing', message: missing };
  const invalid = required ? undefined : markedInvalid(config);
  const converted = invalid ?? convertAuth(config, facts.authServer, required);
  const denial = 'reason' in converted ? undefined : denialOf(config, facts);
  if (!denial) return converted;
  const message = `${what} would be denied: ${denial.field}: ${denial.message}`;
  return { reason: 'auth-config-denied', message };
}

/** Converts `outgoingAuth.default` or an override of a VirtualMCPServer; undefined for none, and for type `discovered`. */
function convertChoice(choice: BackendAuthChoice | undefined, facts: AuthFacts) {
  if (!choice || choice.type === 'discovered') return undefined;
  const { type = '', authConfig } = choice;
  if (type === 'externalAuthConfigRef' && authConfig) return convertNamed(authConfig, facts, true);
  const what =
    type === 'externalAuthConfigRef'
      ? 'externalAuthConfigRef for it without a name'
      : `auth of the unknown type "${type}" for it`;
  const message = `the VirtualMCPServer chooses ${what}`;
  return { reason: 'auth-config-incomplete', message } as const;
}

/**
 * The auth of one backend, in ToolHive's order: the explicit choice for its name, then its own reference, then the
 * default. An explicit choice of type `discovered`, which the vMCP refuses in its config, means the backend's own reference,
 * and `unauthenticated` when it has none. A refused auth never falls to the default; a broken reference of the backend does
 * not matter below a valid explicit choice.
 */
export function resolveAuth(backend: Backend, facts: AuthFacts): BackendAuth | Refusal {
  const { name } = backend;
  const choice = facts.virtualServer?.backendAuth[name];
  const chosen = convertChoice(choice, facts);
  if (chosen) return chosen;
  const strategy = facts.choices.get(name);
  if (strategy && 'reason' in strategy)
    return { ...strategy, message: `its strategy in the base config cannot be used: ${strategy.message}` };
  const isOwn = choice !== undefined || isDiscovered(strategy);
  if (strategy && !isOwn) return { secrets: [], strategy };
  if (backend.authConfig !== undefined) return convertNamed(backend.authConfig, facts, false);
  if (isOwn) return { secrets: [], strategy: UNAUTHENTICATED };
  // The name is also given of a config that cannot be converted: the base config may have its strategy.
  const config = facts.virtualServer?.defaultAuth?.authConfig;
  return { config, secrets: [], strategy: undefined };
}

/** What becomes of `outgoingAuth.default`. */
export interface DefaultAuth {
  /** Those of the VirtualMCPServer's default, whether or not it is written: their variables are the operator's. */
  readonly secrets: readonly StrategySecret[];
  /** What replaces the default of the base config; undefined leaves it as it is. */
  readonly replacement: BackendAuth | undefined;
  readonly notes: readonly Note[];
}

/**
 * Repairs the default where the vMCP would refuse it or the operator could not write it. Type `discovered` ends the vMCP in
 * inline mode: it becomes the VirtualMCPServer's own default, or `unauthenticated`, which is what ToolHive makes of it in
 * discovered mode. A default that the base config lacks because its conversion failed once is put in.
 */
export function resolveDefault(base: YamlMap | undefined, facts: AuthFacts): DefaultAuth {
  const converted = convertChoice(facts.virtualServer?.defaultAuth, facts);
  const notes: Note[] = [];
  let auth: BackendAuth | undefined;
  if (converted && 'reason' in converted) {
    const message = `the default auth of the VirtualMCPServer cannot be used (${converted.reason}): ${converted.message}`;
    notes.push(podNote('default-auth-failed', message));
  } else auth = converted;
  let replacement = base === undefined ? auth : undefined;
  if (isDiscovered(base)) {
    replacement = auth ?? { secrets: [], strategy: UNAUTHENTICATED };
    const now = auth ? `MCPExternalAuthConfig "${auth.config}"` : 'unauthenticated';
    const message = `outgoingAuth.default is of type discovered, which ends a vMCP in inline mode; it was replaced by ${now}`;
    notes.push(podNote('default-auth-replaced', message));
  }
  const secrets = auth?.secrets ?? [];
  // These Secrets stay required, since every backend without auth of its own needs them.
  for (const what of missingIn(secrets, facts.secrets)) {
    const message = `the vMCP cannot start without the Secret of its default auth: ${what}`;
    notes.push(podNote('default-auth-failed', message));
  }
  return { secrets, replacement, notes };
}
