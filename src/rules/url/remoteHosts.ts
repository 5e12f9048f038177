import { quoted } from '../../text/line.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { HostList, UrlPolicy } from '../policy/policy.ts';
import { deny } from '../rule.ts';
import { inRanges } from './addresses.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { type Host, hostSubject } from './host.ts';
import { matchesHostPattern } from './hostNames.ts';
import { isPrivateHost } from './privateHosts.ts';

export const remoteHostRules = {
  'remote-host-not-allowed': deny(
    'A remote server must have a host that the policy allows.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'VirtualMCPServer',
  ),
  'private-endpoint-forbidden': deny(
    'A remote server must not be private where the policy forbids it.',
    'MCPServerEntry',
    'MCPRemoteProxy',
  ),
};

/** True when a list names the host, or a range with its address. */
export function isListed({ kind, text }: Host, { hosts, ranges }: HostList): boolean {
  if (hosts.some((pattern) => matchesHostPattern(text, pattern))) return true;
  return kind !== 'name' && inRanges(text, ranges);
}

/** Patterns that a message shows; a list may have hundreds. */
const MAX_SHOWN = 5;

/** `"a.example", "*.b.example" and 3 more`. */
export function shownHosts(patterns: readonly string[]): string {
  if (patterns.length === 0) return 'no host';
  const shown = patterns.slice(0, MAX_SHOWN).map(quoted).join(', ');
  return patterns.length > MAX_SHOWN ? `${shown} and ${patterns.length - MAX_SHOWN} more` : shown;
}

function shownList({ hosts, ranges }: HostList): string {
  return shownHosts([...hosts, ...ranges.map(([base, bits]) => `${base.toString()}/${bits}`)]);
}

/** A host that is not in the list of allowed remote hosts. One that cannot be read is in none but that of all hosts. */
function checkListed(
  field: FieldPath,
  url: string,
  endpoint: Endpoint | undefined,
  { remoteHosts }: UrlPolicy,
): Finding[] {
  if (remoteHosts === undefined || url === '' || remoteHosts.hosts.includes('*')) return [];
  if (endpoint && isListed(endpoint.host, remoteHosts)) return [];
  const problem = endpoint
    ? `${hostSubject(endpoint.host.text, endpoint.hidden)} is not one that the policy allows here`
    : 'its host cannot be read with certainty, and the policy allows only some here';
  return [
    forbidden({
      rule: 'remote-host-not-allowed',
      field,
      violations: [{ parts: [endpoint?.host.text ?? url] }],
      detail: `${problem}: ${shownList(remoteHosts)}; ask the administrators of the cluster`,
    }),
  ];
}

/** A private host where the policy forbids them, unless it allows this one in `urls`. */
function checkPrivate(field: FieldPath, { host, hidden }: Endpoint, policy: UrlPolicy): Finding[] {
  const allowed = { hosts: policy.allowedHosts, ranges: policy.allowedRanges };
  if (!policy.forbidsPrivate || !isPrivateHost(host) || isListed(host, allowed)) return [];
  return [
    forbidden({
      rule: 'private-endpoint-forbidden',
      field,
      violations: [{ parts: [host.text] }],
      detail: `${hostSubject(host.text, hidden)} is in the cluster or a private network, where the policy allows no remote server, with or without allowPrivateEndpoint; ask the administrators of the cluster`,
    }),
  ];
}

/** True when the policy says nothing about remote hosts: nothing is parsed then. */
function isSilent({ remoteHosts, forbidsPrivate }: UrlPolicy): boolean {
  return !remoteHosts && !forbidsPrivate;
}

/** What the policy says about the host of an entry or a proxy, beside the rules for every URL. */
export function checkRemoteHost(field: FieldPath, url: string, policy: UrlPolicy): Finding[] {
  if (isSilent(policy)) return [];
  const { endpoint } = parseEndpoint(url);
  const listed = checkListed(field, url, endpoint, policy);
  return endpoint ? [...listed, ...checkPrivate(field, endpoint, policy)] : listed;
}

/** What the policy says about the host of a backend that a vMCP names itself, which is mostly a Service of the cluster. */
export function checkBackendHost(field: FieldPath, url: string, policy: UrlPolicy): Finding[] {
  if (isSilent(policy)) return [];
  const { endpoint } = parseEndpoint(url);
  return endpoint && isPrivateHost(endpoint.host) ? [] : checkListed(field, url, endpoint, policy);
}
