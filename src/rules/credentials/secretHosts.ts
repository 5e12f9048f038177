import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { deny } from '../rule.ts';
import { parseEndpoint } from '../url/endpoint.ts';
import { hostSubject } from '../url/host.ts';
import { isListed, shownHosts } from '../url/remoteHosts.ts';

export const credentialRules = {
  'credential-host': deny(
    'A Secret that the policy guards must be sent to its own hosts only.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
    'MCPOIDCConfig',
    'MCPTelemetryConfig',
    'EmbeddingServer',
    'MCPRegistry',
  ),
};

/** A Secret and a URL that it is sent to. */
export interface Sending {
  readonly secret: string;
  readonly url: string;
  /** The field of the object under review because of which it is sent there. */
  readonly field: FieldPath;
  /** What sends it and to whom, e.g. `MCPExternalAuthConfig "stripe" to MCPServerEntry "billing"`; names only. */
  readonly through: string;
}

/**
 * Why a Secret must not be sent to a URL, as a sentence about the receiver; undefined when it may. A guarded Secret must not
 * go to a host that cannot be read either.
 */
export function guardText(
  policy: Policy,
  namespace: string,
  secret: string,
  url: string,
): string | undefined {
  const hosts = policy.credentials.get(`${namespace}/${secret}`);
  if (hosts === undefined) return undefined;
  const { endpoint } = parseEndpoint(url);
  if (endpoint && isListed(endpoint.host, { hosts, ranges: [] })) return undefined;
  const receiver = endpoint ? hostSubject(endpoint.host.text, endpoint.hidden) : 'a host that cannot be read';
  return `${receiver}, and the policy allows it for ${shownHosts(hosts)} only`;
}

/** The findings about Secrets that would be sent to hosts that the policy does not allow for them. */
export function checkSendings(sendings: readonly Sending[], namespace: string, policy: Policy): Finding[] {
  return sendings.flatMap(({ secret, url, field, through }) => {
    const text = guardText(policy, namespace, secret, url);
    if (text === undefined) return [];
    return [
      forbidden({
        rule: 'credential-host',
        field,
        violations: [{ parts: [secret, parseEndpoint(url).endpoint?.host.text ?? url, through] }],
        detail: `Secret "${secret}" would be sent, by ${through}, to ${text}`,
      }),
    ];
  });
}
