import { backendSecrets } from '../../rules/credentials/members.ts';
import { guardText } from '../../rules/credentials/secretHosts.ts';
import { tokenSendings } from '../../rules/credentials/toBackends.ts';
import { withExceptions } from '../../rules/findings/exceptions.ts';
import { excludesFromPods, notEnforcedText } from '../../rules/policy/enforcement.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { Note, Refusal } from '../report/reasons.ts';
import type { AuthFacts, Candidate } from './resolver.ts';

const RULE = 'credential-host';

/** The Secrets that are sent when a backend is called, each with the URL that gets it. */
function sendingsOf({ receiver, headers }: Candidate, config: McpExternalAuthConfig | undefined) {
  const ofHeaders = headers.secrets.map(({ ref }) => ref.name);
  const toReceiver = [...ofHeaders, ...(config ? backendSecrets(config) : [])];
  const sendings = toReceiver.map((secret) => ({ secret, url: receiver }));
  return config ? [...sendings, ...tokenSendings(config)] : sendings;
}

/**
 * Why a backend is not served: the policy does not allow it a Secret that it would be sent, whoever chose that: itself, or
 * the vMCP by an override or its default. A policy that does not enforce this gives a note.
 */
export function guardRefusal(candidate: Candidate, facts: AuthFacts, notes: Note[]): Refusal | undefined {
  if (facts.policy.credentials.size === 0) return undefined;
  const { namespace } = facts.view;
  const { kind, name, auth } = candidate;
  const policy = withExceptions(facts.policy, { kind, namespace, name }, facts.now);
  if (policy.levels[RULE] !== 'deny') return undefined;
  const config = auth.config === undefined ? undefined : facts.view.authConfig(auth.config);
  for (const { secret, url } of sendingsOf(candidate, config)) {
    const text = guardText(facts.policy, namespace, secret, url);
    if (text === undefined) continue;
    const message = `Secret "${secret}" would be sent to ${text}`;
    if (excludesFromPods(RULE, policy)) return { reason: 'credential-guarded', message };
    notes.push({ kind, name, reason: 'warn-only', message: notEnforcedText(RULE, message) });
    break;
  }
  return undefined;
}
