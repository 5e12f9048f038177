import { quoted } from '../../text/line.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import { forbidden, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { matchesGlob } from '../globs.ts';
import type { CaBundlePolicy, Policy } from '../policy/policy.ts';
import { deny, type Facts } from '../rule.ts';
import { parseEndpoint } from '../url/endpoint.ts';
import { hostSubject } from '../url/host.ts';
import { isPrivateHost } from '../url/privateHosts.ts';
import { isListed } from '../url/remoteHosts.ts';
import { NAME, REF } from './fields.ts';

export const caRequiredRules = {
  'ca-bundle-required': deny(
    'An entry for a private host must have a CA bundle where the policy requires one.',
    'MCPServerEntry',
  ),
};

const RULE = 'ca-bundle-required';

function anyOf({ configMaps }: CaBundlePolicy): string {
  return configMaps.includes('*')
    ? 'a ConfigMap'
    : `a ConfigMap named ${configMaps.map(quoted).join(' or ')}`;
}

/** The CA bundle of an entry for a host that needs one by the policy. Without https there is nothing to verify. */
export function checkRequiredCaBundle(entry: McpServerEntry, _facts: Facts, policy: Policy): Finding[] {
  const { caBundle: wanted } = policy;
  const { remoteUrl, caBundle: ref } = entry;
  const endpoint = wanted && remoteUrl ? parseEndpoint(remoteUrl).endpoint : undefined;
  if (!wanted || !endpoint?.secure) return [];
  const { host, hidden } = endpoint;
  if (!isPrivateHost(host) && !isListed(host, { hosts: wanted.hosts, ranges: [] })) return [];
  const why = `the policy requires a CA bundle for ${hostSubject(host.text, hidden)}, from ${anyOf(wanted)}`;
  if (ref === undefined)
    return [required({ rule: RULE, field: REF, detail: why, violations: [{ parts: [host.text] }] })];
  if (matchesGlob(ref.name, wanted.configMaps)) return [];
  return [forbidden({ rule: RULE, field: NAME, value: ref.name, detail: why })];
}
