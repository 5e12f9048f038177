import { quoted } from '../../text.ts';
import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import { forbidden } from '../finding.ts';
import { deny } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import type { AuthClaim, Holder } from './claims.ts';
import type { SharedSecret } from './conflicts.ts';
import { secretWords, userWords } from './words.ts';

export const authVariableRules = {
  'auth-env-collision': deny(
    'The secrets of different auth configs must go into different variables.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
  ),
};

/** Where a secret of a config is sent: its token endpoint, or else the server of the config's user. */
function receiver({ endpoint }: { readonly endpoint: string | undefined }, claim: AuthClaim): string {
  return endpoint === undefined
    ? userWords(claim)
    : `the token endpoint of ${quoted(claim.config)}, used by ${userWords(claim)}`;
}

function partsOf({ variable, mine, other }: SharedSecret): (string | undefined)[] {
  return [variable, mine.ref.name, mine.ref.key, mine.endpoint, other.ref.name, other.ref.key];
}

/**
 * Two auth configs whose variables have one name, in one environment: the operator makes one variable, and one of the two
 * Secrets is sent in the place of the other.
 */
export function authFinding(
  candidate: Holder | McpExternalAuthConfig,
  mine: AuthClaim,
  other: AuthClaim,
  shared: readonly SharedSecret[],
): Finding {
  const ofConfig = candidate.kind === 'MCPExternalAuthConfig';
  const here = ofConfig ? [] : [mine.config, mine.url, mine.holder.group];
  const [first] = shared;
  const leak = first
    ? `${secretWords(first.mine.ref)} would be sent to ${receiver(first.other, other)}, or ${secretWords(first.other.ref)} to ${receiver(first.mine, mine)}`
    : '';
  return forbidden({
    rule: 'auth-env-collision',
    field: ofConfig ? 'metadata.name' : mine.field,
    value: mine.config,
    violations: shared.map((secret) => ({ parts: [other.config, ...here, ...partsOf(secret)] })),
    detail: `MCPExternalAuthConfig ${quoted(mine.config)} and ${quoted(other.config)}, both used in group ${quoted(mine.holder.group ?? '')}, share the variable ${shared.map(({ variable }) => variable).join(' and ')}: ${leak}; rename one of the two configs`,
  });
}
