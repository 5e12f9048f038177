import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import { authSecrets } from '../authVariables.ts';
import type { Facts } from '../rule.ts';
import { checkSecretRef, missingSecretRef } from '../secrets.ts';
import type { Finding } from '../verdict.ts';

/**
 * The Secrets of a config. Those of headerInjection and bearerToken are required by the CRD, and without a value the vMCP's
 * loader ends the process. A bearer token is sent to the MCPServers that use it, so its Secret is not looked up here.
 */
export function checkAuthSecrets(config: McpExternalAuthConfig, { secrets }: Facts): Finding[] {
  const { headerInjection, bearerToken } = config;
  const findings = authSecrets(config).flatMap(([, ref, field]) =>
    checkSecretRef(ref, field, secrets, 'config'),
  );
  const token = bearerToken?.tokenSecretRef;
  if (token) findings.push(...checkSecretRef(token, 'spec.bearerToken.tokenSecretRef', undefined, 'config'));
  if (headerInjection && !headerInjection.valueSecretRef)
    findings.push(missingSecretRef('spec.headerInjection.valueSecretRef'));
  if (bearerToken && !token) findings.push(missingSecretRef('spec.bearerToken.tokenSecretRef'));
  return findings;
}
