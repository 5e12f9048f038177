import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import type { ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { Facts } from '../rule.ts';
import { checkUrl, cleartext, missingUrl } from './checkUrl.ts';
import { checkRemoteHost } from './remoteHosts.ts';

/** An object that dials a URL of its own: an MCPServerEntry or an MCPRemoteProxy. */
interface RemoteEndpoint {
  readonly remoteUrl: string | undefined;
  readonly allowPrivateEndpoint: boolean;
  readonly authConfig: string | undefined;
  readonly headers: HeaderForward | undefined;
  readonly caBundle?: unknown;
  readonly fields: { readonly remoteUrl: string };
}

/** The secrets that would be sent unencrypted over `http://`, as words for a message. */
function secretsOf(object: RemoteEndpoint): string[] {
  const secrets: string[] = [];
  if (object.authConfig !== undefined) secrets.push('the credentials of externalAuthConfigRef');
  if (object.headers?.fromSecret.length) secrets.push('the headers of addHeadersFromSecret');
  return secrets;
}

/** What `http://` does harm to, each by itself: an update that adds one more is a change, one that removes one is none. */
function violationsOf({ authConfig, headers, caBundle }: RemoteEndpoint, url: string): ViolationKey[] {
  return [
    ...(authConfig === undefined ? [] : [{ parts: [url, 'auth'] }]),
    { parts: [url, 'headers'], times: headers?.fromSecret.length ?? 0 },
    ...(caBundle === undefined ? [] : [{ parts: [url, 'caBundle'] }]),
  ];
}

function checkCleartext(object: RemoteEndpoint, field: FieldPath, url: string): Finding[] {
  const secrets = secretsOf(object);
  const say = (why: string) => [cleartext(field, url, why, violationsOf(object, url))];
  if (secrets.length > 0) return say(`http:// sends ${secrets.join(' and ')} unencrypted`);
  return object.caBundle === undefined ? [] : say('caBundleRef has no effect with http://');
}

/** `spec.remoteUrl` of an entry or a proxy. */
export function checkRemoteUrl(object: RemoteEndpoint, _facts: Facts, policy: Policy): Finding[] {
  const field = { shown: object.fields.remoteUrl, stable: 'spec.remoteUrl' };
  const url = object.remoteUrl;
  if (url === undefined || url === '')
    return [missingUrl(field, 'the URL of the remote MCP server, http:// or https://')];
  const findings = checkUrl(field, url, object.allowPrivateEndpoint, policy.url);
  findings.push(...checkRemoteHost(field, url, policy.url));
  if (url.startsWith('http://')) findings.push(...checkCleartext(object, field, url));
  return findings;
}
