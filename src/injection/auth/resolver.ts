import type { Policy } from '../../rules/policy/policy.ts';
import type { SecretLookups } from '../../rules/secrets.ts';
import { judgeTokenUrls } from '../../rules/url/tokenUrls.ts';
import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import type { BackendAuthChoice } from '../../toolhive/virtualServer.ts';
import { YamlMap } from '../../yaml/values.ts';
import type { Backend } from '../discovery/backend.ts';
import type { LeftOut } from '../report/reasons.ts';
import type { AuthServer } from './authServer.ts';
import { type AuthFailure, convertAuth, markedInvalid, type Strategy } from './converters.ts';

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
  readonly secrets: SecretLookups;
  /** Choices of the VirtualMCPServer by backend; empty for a self-managed Pod. */
  readonly explicit: Readonly<Record<string, BackendAuthChoice>>;
  /** Strategies of a self-managed base config by backend; they are its owner's explicit choices. */
  readonly kept: ReadonlyMap<string, YamlMap>;
  /** Those of them that cannot be used, with what is wrong. */
  readonly broken: ReadonlyMap<string, AuthFailure>;
}

type Resolved<T> = ({ readonly ok: true } & T) | ({ readonly ok: false } & AuthFailure);

const UNAUTHENTICATED: BackendAuth = {
  kind: 'kept',
  strategy: new YamlMap([['type', 'unauthenticated']]),
};

/**
 * Converts the config of a name. One that validation would deny today for a token endpoint is refused, as an entry is for
 * its URL: a client secret would go there.
 */
function convertNamed(name: string, facts: AuthFacts): Resolved<{ strategy: Strategy }> {
  const config = facts.authConfig(name);
  if (!config)
    return {
      ok: false,
      reason: 'auth-config-missing',
      message: `MCPExternalAuthConfig "${name}" does not exist; create it or correct the reference`,
    };
  const converted = convertAuth(config, facts.authServer);
  if (!converted.ok) return converted;
  const [denial] = judgeTokenUrls(config, facts.policy).denials;
  if (!denial) return converted;
  return {
    ok: false,
    reason: 'auth-config-denied',
    message: `MCPExternalAuthConfig "${name}" would be denied: ${denial.field}: ${denial.message}`,
  };
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
export function convertChoice(
  choice: BackendAuthChoice,
  facts: AuthFacts,
): Resolved<{ readonly strategy: Strategy }> {
  if (choice.type === 'externalAuthConfigRef' && choice.authConfig)
    return convertNamed(choice.authConfig, facts);
  return {
    ok: false,
    reason: 'auth-config-incomplete',
    message:
      choice.type === 'externalAuthConfigRef'
        ? 'the VirtualMCPServer chooses externalAuthConfigRef for it without a name'
        : `the VirtualMCPServer chooses auth of the unknown type "${choice.type ?? ''}" for it`,
  };
}

/**
 * The auth of one backend, in ToolHive's order: the explicit choice for its name, then its own reference, then the
 * default. An explicit choice of type `discovered`, which the vMCP refuses in its config (gap S4), means the backend's
 * own reference, and `unauthenticated` when it has none. A failed auth never falls to the default; a broken reference of
 * the backend does not matter below a valid explicit choice (gap S10).
 */
function resolveAuth(backend: Backend, facts: AuthFacts): Resolved<{ auth: BackendAuth }> {
  const workload = () => ofWorkload(backend, facts);
  // A name may be one that every object has, as `constructor`.
  const choice = Object.hasOwn(facts.explicit, backend.name) ? facts.explicit[backend.name] : undefined;
  if (choice?.type === 'discovered') return workload() ?? { ok: true, auth: UNAUTHENTICATED };
  if (choice) {
    const converted = convertChoice(choice, facts);
    if (!converted.ok) return converted;
    return { ok: true, auth: { kind: 'converted', strategy: converted.strategy, required: true } };
  }
  const broken = facts.broken.get(backend.name);
  if (broken)
    return {
      ok: false,
      reason: broken.reason,
      message: `its strategy in the base config cannot be used: ${broken.message}`,
    };
  const kept = facts.kept.get(backend.name);
  if (kept?.get('type') === 'discovered') return workload() ?? { ok: true, auth: UNAUTHENTICATED };
  if (kept) return { ok: true, auth: { kind: 'kept', strategy: kept } };
  return workload() ?? { ok: true, auth: { kind: 'default' } };
}

/** The auth of every backend by name and kind; backends whose auth fails are left out. */
export function resolveAll(
  backends: readonly Backend[],
  facts: AuthFacts,
): {
  readonly backends: readonly Backend[];
  readonly auth: ReadonlyMap<Backend, BackendAuth>;
  readonly leftOut: readonly LeftOut[];
} {
  const auth = new Map<Backend, BackendAuth>();
  const leftOut: LeftOut[] = [];
  for (const backend of backends) {
    const resolved = resolveAuth(backend, facts);
    if (resolved.ok) auth.set(backend, resolved.auth);
    else
      leftOut.push({
        kind: backend.kind,
        name: backend.name,
        reason: resolved.reason,
        message: resolved.message,
      });
  }
  return { backends: [...auth.keys()], auth, leftOut };
}
