import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden, invalid, required, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { UrlPolicy } from '../policy/policy.ts';
import { deny, type Target, warn } from '../rule.ts';
import { judgeUrl } from './judge.ts';
import { shownUrl } from './shown.ts';

const BACKENDS: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy'];
const SENDERS: readonly Target[] = [...BACKENDS, 'MCPExternalAuthConfig'];
const ALL: readonly Target[] = [...BACKENDS, 'VirtualMCPServer', 'MCPExternalAuthConfig'];

export const urlRules = {
  'remote-url-missing': deny('An endpoint must have a URL.', ...SENDERS),
  'remote-url-syntax': deny('A URL must be one that Go and WHATWG parsers read alike.', ...ALL),
  'remote-url-userinfo': deny('A URL must not contain user information.', ...ALL),
  'remote-url-port': deny('A port must be a plain decimal number from 1 to 65535.', ...ALL),
  'remote-url-host-spelling': deny(
    'A host must be written in the way that every parser reads alike.',
    ...ALL,
  ),
  'remote-url-host-name': deny('A host must be a DNS name or an IP address.', ...ALL),
  'remote-url-blocked-address': deny('An address must be public unicast.', ...ALL),
  'remote-url-blocked-host': deny(
    'A host must not be the Pod itself, the API server or a metadata service.',
    ...ALL,
  ),
  'remote-url-private': deny('A private endpoint must be allowed with allowPrivateEndpoint.', ...BACKENDS),
  'remote-url-cluster-service': warn(
    'A Service of the cluster must be allowed with allowPrivateEndpoint.',
    ...BACKENDS,
  ),
  'remote-url-policy': deny("A host must not be one that this cluster's policy blocks.", ...ALL),
  'remote-url-documentation': warn('An address must not be reserved for documentation.', ...ALL),
  'remote-url-wildcard-dns': warn(
    'A host must not be in a public DNS zone that answers with any address.',
    ...ALL,
  ),
  'remote-url-cleartext': warn('Secrets must be sent over https.', ...SENDERS),
};

/** The findings about one URL in one field. Each mistake is one, so that an update is denied for new mistakes only. */
export function checkUrl(field: FieldPath, url: string, allowPrivate: boolean, policy: UrlPolicy): Finding[] {
  const { problems } = judgeUrl(url, allowPrivate, policy);
  if (problems.length === 0) return [];
  const value = shownUrl(url);
  return problems.map(({ rule, detail }) => invalid({ rule, detail, field, value, raw: url }));
}

/** The finding about an endpoint without a URL. */
export function missingUrl(field: FieldPath, what: string): Finding {
  return required({ rule: 'remote-url-missing', field, detail: what });
}

/** The finding about an `http://` URL that should be `https://`. */
export function cleartext(
  field: FieldPath,
  url: string,
  why: string,
  violations: readonly ViolationKey[] = [{ parts: [url] }],
): Finding {
  return forbidden({
    rule: 'remote-url-cleartext',
    field,
    value: shownUrl(url),
    violations,
    detail: `${why}; use https://`,
  });
}
