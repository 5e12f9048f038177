import type { NamespaceView } from '../catalog/catalog.ts';
import type { SecretKeyRef } from '../kubernetes/reference.ts';
import type { McpExternalAuthConfig } from '../toolhive/authConfig.ts';
import { AUTH_VARIABLES, normalise } from '../toolhive/names.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import { AUTH_REF } from './auth/reference.ts';
import { groupsUsing } from './auth/users.ts';
import { forbidden } from './finding.ts';
import { deny, type Facts } from './rule.ts';
import type { Finding } from './verdict.ts';

export const authVariableRules = {
  'auth-env-collision': deny(
    'The secrets of different auth configs must go into different variables.',
    'MCPServerEntry',
    'MCPExternalAuthConfig',
  ),
};

/** The secrets of an auth config, each with the kind of variable that ToolHive makes for it and its field. */
export function authSecrets(
  config: McpExternalAuthConfig,
): readonly (readonly [prefix: string, ref: SecretKeyRef, field: string])[] {
  const all = [
    [
      AUTH_VARIABLES.tokenExchangeClientSecret,
      config.tokenExchange?.clientSecretRef,
      'spec.tokenExchange.clientSecretRef',
    ],
    [
      AUTH_VARIABLES.headerInjectionValue,
      config.headerInjection?.valueSecretRef,
      'spec.headerInjection.valueSecretRef',
    ],
    [AUTH_VARIABLES.xaaIdpClientSecret, config.xaa?.idpClientSecretRef, 'spec.xaa.idpClientSecretRef'],
    [
      AUTH_VARIABLES.xaaTargetClientSecret,
      config.xaa?.targetClientSecretRef,
      'spec.xaa.targetClientSecretRef',
    ],
  ] as const;
  return all.flatMap(([prefix, ref, field]) => (ref === undefined ? [] : [[prefix, ref, field] as const]));
}

/** The first variable that two auth configs share for different secrets. */
function sharedVariable(a: McpExternalAuthConfig, b: McpExternalAuthConfig): string | undefined {
  const n = normalise(a.metadata.name);
  if (n !== normalise(b.metadata.name)) return undefined;
  for (const [prefix, ref] of authSecrets(a))
    for (const [otherPrefix, otherRef] of authSecrets(b))
      if (prefix === otherPrefix && (ref.name !== otherRef.name || ref.key !== otherRef.key))
        return prefix + n;
  return undefined;
}

/** Names of the auth configs that the members and the vMCPs of a group use. */
function usedInGroup(group: string, view: NamespaceView): Set<string> {
  const members = view.members(group);
  const used = new Set<string>();
  for (const { authConfig } of [...members.servers, ...members.remoteProxies, ...members.entries])
    if (authConfig !== undefined) used.add(authConfig);
  for (const { defaultAuth, backendAuth } of view.virtualServersOf(group))
    for (const choice of [defaultAuth, ...Object.values(backendAuth)])
      if (choice?.authConfig !== undefined) used.add(choice.authConfig);
  return used;
}

/**
 * ToolHive names the variable of a secret after the auth config, and `a-b` and `a.b` give one name, so that one
 * secret serves both backends.
 * @param receiver the URL of the backend that uses the config, where that is what is judged
 */
function checkAuthVariables(
  config: McpExternalAuthConfig | undefined,
  group: string | undefined,
  field: string,
  view: NamespaceView,
  receiver?: string,
): Finding[] {
  if (config === undefined || group === undefined) return [];
  for (const name of usedInGroup(group, view)) {
    const other = name === config.metadata.name ? undefined : view.authConfig(name);
    const variable = other && sharedVariable(config, other);
    if (variable !== undefined)
      return [
        forbidden({
          rule: 'auth-env-collision',
          field,
          value: config.metadata.name,
          receiver,
          detail: `ToolHive keeps the secrets of MCPExternalAuthConfig "${config.metadata.name}" and "${name}", both used in group "${group}", in one variable (${variable}), so one of them goes to the wrong server; rename one config`,
        }),
      ];
  }
  return [];
}

/** The auth config that an entry uses. */
export function checkEntryAuthVariables(entry: McpServerEntry, { view }: Facts): Finding[] {
  if (entry.authConfig === undefined) return [];
  const config = view.authConfig(entry.authConfig);
  return checkAuthVariables(config, entry.group, AUTH_REF, view, entry.remoteUrl);
}

/** An auth config in each group that uses it. */
export function checkConfigAuthVariables(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  return [...groupsUsing(config, view)].flatMap((group) =>
    checkAuthVariables(config, group, 'metadata.name', view),
  );
}
