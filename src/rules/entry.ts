import { type McpServerEntry, REMOTE_TRANSPORTS } from '../toolhive/serverEntry.ts';
import { checkAuthVariables } from './authVariables.ts';
import { checkCaBundle } from './caBundle.ts';
import type { EntryFacts } from './facts.ts';
import { required } from './finding.ts';
import { checkHeaders } from './headers.ts';
import { toVerdict } from './levels.ts';
import { checkHeaderVariables, checkSharedName, checkVolumeName } from './names.ts';
import { checkPassthroughClash } from './passthrough.ts';
import type { Policy } from './policy.ts';
import { checkAuthConfig, checkGroup } from './references.ts';
import { checkRemoteUrl } from './remoteUrl.ts';
import { checkSpelling } from './spelling.ts';
import { checkTransport } from './transport.ts';
import type { Finding, Verdict } from './verdict.ts';

export type { EntryFacts } from './facts.ts';

type EntryCheck = (entry: McpServerEntry, facts: EntryFacts, policy: Policy) => readonly Finding[];

/** What the CRD demands too: it matters where no API server stands before us, as in `check`. */
function checkRequired(entry: McpServerEntry): Finding[] {
  const findings: Finding[] = [];
  if (entry.group === undefined)
    findings.push(
      required({
        rule: 'group-missing',
        field: entry.fields.group,
        detail: 'the MCPGroup that this entry belongs to',
      }),
    );
  if (entry.transport === undefined)
    findings.push(
      required({
        rule: 'transport-unknown',
        field: 'spec.transport',
        detail: `one of ${REMOTE_TRANSPORTS.join(', ')}`,
      }),
    );
  else findings.push(...checkTransport(entry.transport));
  return findings;
}

/** Every rule about the spec of an entry, in the order in which findings are shown. A new rule is a new line here. */
const CHECKS: readonly EntryCheck[] = [
  (entry, _, policy) => checkRemoteUrl(entry, policy.url),
  checkRequired,
  (entry, { caBundle, now }) => checkCaBundle(entry.caBundle, caBundle, now),
  (entry, { secrets }) =>
    checkHeaders(
      {
        name: entry.metadata.name,
        headers: entry.headers,
        hasAuth: entry.authConfig !== undefined,
        remoteUrl: entry.remoteUrl,
        inEnvironment: true,
      },
      secrets,
    ),
  (entry, { view }) => checkVolumeName(entry, view),
  (entry, { view }) => checkHeaderVariables(entry, view),
  (entry, { view }) => checkAuthConfig(entry.authConfig, entry.group, view),
  (entry, { view }) =>
    entry.authConfig === undefined
      ? []
      : checkAuthVariables(
          view.authConfig(entry.authConfig),
          entry.group,
          'spec.externalAuthConfigRef.name',
          view,
          entry.remoteUrl,
        ),
  (entry, { view }) => checkGroup(entry.group, entry.fields.group, view),
  (entry, { view }) => checkSharedName(entry, view),
  (entry, { view }) => checkPassthroughClash(entry, view),
  ({ fields }) => checkSpelling(fields),
];

/** Applies every rule about an entry's spec. Pure; never throws. Injection asks this too. */
export function judgeEntry(entry: McpServerEntry, facts: EntryFacts, policy: Policy): Verdict {
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...check(entry, facts, policy));
  return toVerdict(findings, policy);
}
