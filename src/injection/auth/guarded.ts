import type { NamespaceView } from '../../catalog/catalog.ts';
import { guardText } from '../../rules/credentials/guard.ts';
import { backendSecrets } from '../../rules/credentials/members.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import { excludesFromPods, notEnforcedText } from '../../rules/policy/enforcement.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { Backend } from '../discovery/backend.ts';
import type { Exclusion, Note } from '../report/reasons.ts';
import type { BackendAuth } from './resolver.ts';

/** What decides whether a backend may have a Secret. */
export interface GuardFacts {
  readonly view: NamespaceView;
  readonly policy: Policy;
  readonly now: Date;
}

interface Guarded {
  readonly backends: readonly Backend[];
  readonly excluded: readonly Exclusion[];
  readonly notes: readonly Note[];
}

const RULE = 'credential-host';

/** The auth config with which a backend is called; undefined for none, and for a strategy of the base config. */
function configOf(auth: BackendAuth | undefined, defaultConfig: string | undefined): string | undefined {
  if (auth?.kind === 'converted') return auth.strategy.config;
  return auth?.kind === 'default' ? defaultConfig : undefined;
}

/** The Secrets that are sent when a backend is called, each with the URL that gets it. */
function sendingsOf(
  { receiver, headers }: Backend,
  config: McpExternalAuthConfig | undefined,
): (readonly [secret: string, url: string])[] {
  return [
    ...(headers?.secrets ?? []).map(([, ref]) => [ref.name, receiver] as const),
    ...(config ? backendSecrets(config) : []).map((secret) => [secret, receiver] as const),
    ...(config ? authSecrets(config) : []).flatMap(({ ref, endpoint }) =>
      endpoint ? [[ref.name, endpoint] as const] : [],
    ),
  ];
}

/** Why a backend must not be called with an auth config, or with its headers. */
function refusal(
  backend: Backend,
  config: string | undefined,
  { view, policy }: GuardFacts,
): string | undefined {
  const found = config === undefined ? undefined : view.authConfig(config);
  for (const [secret, url] of sendingsOf(backend, found)) {
    const text = guardText(policy, view.namespace, secret, url);
    if (text !== undefined) return `Secret "${secret}" would be sent to ${text}`;
  }
  return undefined;
}

/**
 * Excludes the backends to which the policy does not allow a Secret that they would be sent, whoever chose it: themselves,
 * or the vMCP by an override or its default.
 * @param defaultConfig the auth config of the vMCP's default, also when it cannot be converted: the base config may have
 *   its strategy
 */
export function withoutGuarded(
  backends: readonly Backend[],
  auth: ReadonlyMap<Backend, BackendAuth>,
  defaultConfig: string | undefined,
  facts: GuardFacts,
): Guarded {
  const excluded: Exclusion[] = [];
  const notes: Note[] = [];
  if (facts.policy.credentials.size === 0) return { backends, excluded, notes };
  const kept = backends.filter((backend) => {
    const { kind, name } = backend;
    const message = refusal(backend, configOf(auth.get(backend), defaultConfig), facts);
    const policy = withExceptions(facts.policy, { kind, namespace: facts.view.namespace, name }, facts.now);
    if (message === undefined || policy.levels[RULE] !== 'deny') return true;
    if (excludesFromPods(RULE, policy)) {
      excluded.push({ kind, name, reason: 'credential-guarded', message });
      return false;
    }
    notes.push({ kind, name, reason: 'warn-only', message: notEnforcedText(RULE, message) });
    return true;
  });
  return { backends: kept, excluded, notes };
}
