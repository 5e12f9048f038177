import { authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Facts } from '../rule.ts';
import { checkSecretRefs, missingSecretRef } from '../secrets/secrets.ts';

/**
 * The Secrets of a config. Those of headerInjection and bearerToken are required by the CRD, and without a value the vMCP's
 * loader ends the process. A bearer token is sent to the MCPServers that use it, so its Secret is not looked up here.
 */
export function checkAuthSecrets(config: McpExternalAuthConfig, { secrets }: Facts): Finding[] {
  const { headerInjection, bearerToken } = config;
  const findings = checkSecretRefs(authSecrets(config), secrets, 'config');
  const token = bearerToken?.tokenSecretRef;
  if (token)
    findings.push(
      ...checkSecretRefs([{ ref: token, field: 'spec.bearerToken.tokenSecretRef' }], undefined, 'config'),
    );
  if (headerInjection && !headerInjection.valueSecretRef)
    findings.push(missingSecretRef('spec.headerInjection.valueSecretRef'));
  if (bearerToken && !token) findings.push(missingSecretRef('spec.bearerToken.tokenSecretRef'));
  return findings;
}
