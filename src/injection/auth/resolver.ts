import { checkTokenCredentials } from '../../rules/credentials/check.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import { joinVerdicts, toVerdict } from '../../rules/findings/levels.ts';
import type { Finding } from '../../rules/findings/verdict.ts';
import { excludesFromPods } from '../../rules/policy/enforcement.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { judgeTokenUrls } from '../../rules/url/tokenUrls.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { BackendAuthChoice } from '../../toolhive/models/virtualServer.ts';
import { YamlMap } from '../../yaml/values.ts';
import type { Backend } from '../discovery/backend.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import { type Exclusion, type Note, podNote } from '../report/reasons.ts';
import type { AuthServer } from './authServer.ts';
import { type AuthFailure, convertAuth, markedInvalid, renderStrategy, type Strategy } from './converters.ts';

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

/** Everything beyond the backends that decides their auth. */
export interface AuthFacts {
  readonly authConfig: (name: string) => McpExternalAuthConfig | undefined;
  readonly authServer: AuthServer | undefined;
  readonly policy: Policy;
  readonly now: Date;
  /** Choices of the VirtualMCPServer by backend; empty for a self-managed Pod. */
  readonly explicit: Readonly<Record<string, BackendAuthChoice>>;
  /** Strategies of a self-managed base config by backend; they are its owner's explicit choices. */
  readonly kept: ReadonlyMap<string, YamlMap>;
  /** Those of them that cannot be used, with what is wrong. */
  readonly broken: ReadonlyMap<string, AuthFailure>;
}

type Resolved<T> = ({ readonly ok: true } & T) | ({ readonly ok: false } & AuthFailure);

export const UNAUTHENTICATED = new YamlMap([['type', 'unauthenticated']]);

/** True for a strategy of type `discovered`, which ToolHive resolves and no vMCP takes in its config. */
export function isDiscovered(strategy: YamlMap | undefined): boolean {
  return strategy?.get('type') === 'discovered';
}

function failed(reason: AuthFailure['reason'], message: string): { readonly ok: false } & AuthFailure {
  return { ok: false, reason, message };
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
function convertNamed(name: string, facts: AuthFacts): Resolved<{ strategy: Strategy }> {
  const config = facts.authConfig(name);
  const what = `MCPExternalAuthConfig "${name}"`;
  if (!config)
    return failed('auth-config-missing', `${what} does not exist; create it or correct the reference`);
  const converted = convertAuth(config, facts.authServer);
  if (!converted.ok) return converted;
  const denial = denialOf(config, facts);
  if (!denial) return converted;
  return failed('auth-config-denied', `${what} would be denied: ${denial.field}: ${denial.message}`);
}

function ofWorkload(backend: Backend, facts: AuthFacts): Resolved<{ auth: BackendAuth }> | undefined {
  if (backend.authConfig === undefined) return undefined;
  const config = facts.authConfig(backend.authConfig);
  const invalid = config && markedInvalid(config);
  if (invalid) return { ok: false, ...invalid };
  const converted = convertNamed(backend.authConfig, facts);
  if (!converted.ok) return converted;
  return { ok: true, auth: { kind: 'converted', strategy: converted.strategy, required: false } };
}

/** `outgoingAuth.default` of a VirtualMCPServer, or one of its overrides of type `externalAuthConfigRef`. */
function convertChoice(
  { type = '', authConfig }: BackendAuthChoice,
  facts: AuthFacts,
): Resolved<{ readonly strategy: Strategy }> {
  if (type === 'externalAuthConfigRef' && authConfig) return convertNamed(authConfig, facts);
  const what =
    type === 'externalAuthConfigRef'
      ? 'externalAuthConfigRef for it without a name'
      : `auth of the unknown type "${type}" for it`;
  return failed('auth-config-incomplete', `the VirtualMCPServer chooses ${what}`);
}

/**
 * The auth of one backend, in ToolHive's order: the explicit choice for its name, then its own reference, then the
 * default. An explicit choice of type `discovered`, which the vMCP refuses in its config, means the backend's own reference,
 * and `unauthenticated` when it has none. A failed auth never falls to the default; a broken reference of the backend does
 * not matter below a valid explicit choice.
 */
function resolveAuth(backend: Backend, facts: AuthFacts): Resolved<{ auth: BackendAuth }> {
  const workload = (otherwise: BackendAuth): Resolved<{ auth: BackendAuth }> =>
    ofWorkload(backend, facts) ?? { ok: true, auth: otherwise };
  const unauthenticated: BackendAuth = { kind: 'kept', strategy: UNAUTHENTICATED };
  // A name may be one that every object has, as `constructor`.
  const choice = Object.hasOwn(facts.explicit, backend.name) ? facts.explicit[backend.name] : undefined;
  if (choice?.type === 'discovered') return workload(unauthenticated);
  if (choice) {
    const converted = convertChoice(choice, facts);
    if (!converted.ok) return converted;
    return { ok: true, auth: { kind: 'converted', strategy: converted.strategy, required: true } };
  }
  const broken = facts.broken.get(backend.name);
  if (broken)
    return failed(broken.reason, `its strategy in the base config cannot be used: ${broken.message}`);
  const kept = facts.kept.get(backend.name);
  if (isDiscovered(kept)) return workload(unauthenticated);
  if (kept) return { ok: true, auth: { kind: 'kept', strategy: kept } };
  return workload({ kind: 'default' });
}

/** The auth of every backend; backends whose auth fails are excluded. */
export function resolveAll(
  backends: readonly Backend[],
  facts: AuthFacts,
): {
  readonly backends: readonly Backend[];
  readonly auth: ReadonlyMap<Backend, BackendAuth>;
  readonly excluded: readonly Exclusion[];
} {
  const auth = new Map<Backend, BackendAuth>();
  const excluded: Exclusion[] = [];
  for (const backend of backends) {
    const resolved = resolveAuth(backend, facts);
    if (resolved.ok) auth.set(backend, resolved.auth);
    else {
      const { reason, message } = resolved;
      excluded.push({ kind: backend.kind, name: backend.name, reason, message });
    }
  }
  return { backends: [...auth.keys()], auth, excluded };
}

/** What becomes of `outgoingAuth.default`. */
export interface DefaultAuth {
  /** The converted default of the VirtualMCPServer, whether or not it is written: its variables are the operator's. */
  readonly strategy: Strategy | undefined;
  /** What replaces the default of the base config; undefined leaves it as it is. */
  readonly replacement: 'converted' | 'unauthenticated' | undefined;
  readonly notes: readonly Note[];
}

/** The node that replaces the default, if any. */
export function defaultNode({ strategy, replacement }: DefaultAuth, nameOf: ChosenName): YamlMap | undefined {
  if (replacement === 'converted' && strategy) return renderStrategy(strategy, nameOf);
  return replacement && UNAUTHENTICATED;
}

/**
 * Repairs the default where the vMCP would refuse it or the operator could not write it. Type `discovered` ends the vMCP in
 * inline mode: it becomes the VirtualMCPServer's own default, or `unauthenticated`, which is what ToolHive makes of it in
 * discovered mode. A default that the base config lacks because its conversion failed once is put in.
 * @param choice the default of the VirtualMCPServer; undefined for a self-managed Pod
 */
export function resolveDefault(
  base: YamlMap | undefined,
  choice: BackendAuthChoice | undefined,
  facts: AuthFacts,
): DefaultAuth {
  const converted = choice && choice.type !== 'discovered' ? convertChoice(choice, facts) : undefined;
  const strategy = converted?.ok ? converted.strategy : undefined;
  const notes: Note[] = [];
  if (converted && !converted.ok)
    notes.push(
      podNote(
        'default-auth-failed',
        `the default auth of the VirtualMCPServer cannot be used (${converted.reason}): ${converted.message}`,
      ),
    );
  if (base === undefined) return { strategy, replacement: strategy && 'converted', notes };
  if (!isDiscovered(base)) return { strategy, replacement: undefined, notes };
  const now = strategy ? `MCPExternalAuthConfig "${strategy.config}"` : 'unauthenticated';
  notes.push(
    podNote(
      'default-auth-replaced',
      `outgoingAuth.default is of type discovered, which ends a vMCP in inline mode; it was replaced by ${now}`,
    ),
  );
  return { strategy, replacement: strategy ? 'converted' : 'unauthenticated', notes };
}
