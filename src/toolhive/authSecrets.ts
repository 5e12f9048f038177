import type { SecretKeyRef } from '../kubernetes/reference.ts';
import type { McpExternalAuthConfig } from './models/authConfig.ts';
import { AUTH_VARIABLES } from './names.ts';

/** A Secret that an auth config names. */
export interface AuthSecret {
  /** What ToolHive's variable for it begins with; the normalised name of the config follows. */
  readonly prefix: string;
  readonly ref: SecretKeyRef;
  readonly field: string;
  /** The field of the vMCP's strategy that names the variable. */
  readonly variable: string;
  /** The endpoint that the secret is sent to; undefined when it is sent to the backend itself. */
  readonly endpoint: string | undefined;
}

/** The Secrets of an auth config that become environment variables of a vMCP. */
export function authSecrets({ tokenExchange, headerInjection, xaa }: McpExternalAuthConfig): AuthSecret[] {
  const secrets: AuthSecret[] = [];
  const add = (
    prefix: string,
    ref: SecretKeyRef | undefined,
    field: string,
    variable: string,
    endpoint?: string,
  ) => {
    if (ref !== undefined) secrets.push({ prefix, ref, field, variable, endpoint });
  };
  add(
    AUTH_VARIABLES.tokenExchangeClientSecret,
    tokenExchange?.clientSecretRef,
    'spec.tokenExchange.clientSecretRef',
    'clientSecretEnv',
    tokenExchange?.tokenUrl,
  );
  add(
    AUTH_VARIABLES.headerInjectionValue,
    headerInjection?.valueSecretRef,
    'spec.headerInjection.valueSecretRef',
    'headerValueEnv',
  );
  add(
    AUTH_VARIABLES.xaaIdpClientSecret,
    xaa?.idpClientSecretRef,
    'spec.xaa.idpClientSecretRef',
    'idpClientSecretEnv',
    xaa?.idpTokenUrl,
  );
  add(
    AUTH_VARIABLES.xaaTargetClientSecret,
    xaa?.targetClientSecretRef,
    'spec.xaa.targetClientSecretRef',
    'targetClientSecretEnv',
    xaa?.targetTokenUrl,
  );
  return secrets;
}
