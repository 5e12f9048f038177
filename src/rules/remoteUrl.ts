import type { HeaderForward } from '../toolhive/headerForward.ts';
import { forbidden, invalid, required } from './finding.ts';
import type { UrlPolicy } from './policy.ts';
import { judgeUrl } from './url/judge.ts';
import { shownUrl } from './url/shown.ts';
import type { Finding } from './verdict.ts';

/** An object that dials a URL of its own: an MCPServerEntry or an MCPRemoteProxy. */
export interface RemoteEndpoint {
  readonly remoteUrl: string | undefined;
  readonly allowPrivateEndpoint: boolean;
  readonly authConfig: string | undefined;
  readonly headers: HeaderForward | undefined;
  readonly caBundle?: unknown;
  readonly fields: { readonly remoteUrl: string };
}

/** What would travel in clear over `http://`, as words for a message; empty when nothing would (gap U13). */
function secretsOf(object: RemoteEndpoint): string[] {
  const secrets: string[] = [];
  if (object.authConfig !== undefined) secrets.push('the credentials of externalAuthConfigRef');
  if (object.headers?.fromSecret.length) secrets.push('the headers of addHeadersFromSecret');
  return secrets;
}

function checkCleartext(object: RemoteEndpoint, field: string, url: string): Finding[] {
  const secrets = secretsOf(object);
  const say = (detail: string) => [
    forbidden({ rule: 'remote-url-cleartext', field, value: shownUrl(url), raw: url, detail }),
  ];
  if (secrets.length > 0) return say(`http:// sends ${secrets.join(' and ')} unencrypted; use https://`);
  return object.caBundle === undefined ? [] : say('caBundleRef has no effect with http://; use https://');
}

/** The findings about one URL in one field: each mistake is one, so that an update is told which of them are new. */
export function checkUrl(field: string, url: string, allowPrivate: boolean, policy: UrlPolicy): Finding[] {
  const { problems } = judgeUrl(url, allowPrivate, policy);
  if (problems.length === 0) return [];
  const value = shownUrl(url);
  return problems.map(({ rule, detail }) => invalid({ rule, detail, field, value, raw: url }));
}

/** `spec.remoteUrl` of an entry or a proxy: classes U1–U13 and ToolHive's own rules. */
export function checkRemoteUrl(object: RemoteEndpoint, policy: UrlPolicy): Finding[] {
  const field = object.fields.remoteUrl;
  const url = object.remoteUrl;
  if (url === undefined || url === '')
    return [
      required({
        rule: 'remote-url-missing',
        field,
        detail: 'the URL of the remote MCP server, http:// or https://',
      }),
    ];
  const findings = checkUrl(field, url, object.allowPrivateEndpoint, policy);
  if (url.startsWith('http://')) findings.push(...checkCleartext(object, field, url));
  return findings;
}
