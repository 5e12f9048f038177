import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { Facts } from '../rule.ts';
import { checkUrl, cleartext, missingUrl } from './checkUrl.ts';

/** The token endpoints that a config names: field, URL, and whether a client secret is sent there. */
function endpoints({ tokenExchange, xaa }: McpExternalAuthConfig) {
  return [
    ['spec.tokenExchange.tokenUrl', tokenExchange?.tokenUrl, tokenExchange?.clientSecretRef],
    ['spec.xaa.idpTokenUrl', xaa?.idpTokenUrl, xaa?.idpClientSecretRef],
    ['spec.xaa.targetTokenUrl', xaa?.targetTokenUrl, xaa?.targetClientSecretRef],
  ] as const;
}

function checkEndpoint(field: string, url: string, hasSecret: boolean, policy: Policy): Finding[] {
  if (url === '') return [missingUrl(field, 'the URL of a token endpoint')];
  const findings = checkUrl(field, url, true, policy.url);
  if (hasSecret && url.startsWith('http://'))
    findings.push(cleartext(field, url, 'http:// sends the client secret unencrypted'));
  return findings;
}

function checkAll(all: ReturnType<typeof endpoints>[number][], policy: Policy): Finding[] {
  return all.flatMap(([field, url, secret]) =>
    url === undefined ? [] : checkEndpoint(field, url, secret !== undefined, policy),
  );
}

/**
 * The token endpoints of an auth config. They receive client secrets, so they are judged as remote URLs are. Private ones
 * are allowed: an auth config has no allowPrivateEndpoint.
 */
export function checkTokenUrls(config: McpExternalAuthConfig, _facts: Facts, policy: Policy): Finding[] {
  return checkAll([...endpoints(config)], policy);
}

/** The findings about the token endpoints of the config's own type, for injection: the others are not used. */
export function checkUsedTokenUrls(config: McpExternalAuthConfig, policy: Policy): Finding[] {
  const used = endpoints(config).filter(([field]) => field.startsWith(`spec.${config.type}.`));
  return checkAll(used, policy);
}
