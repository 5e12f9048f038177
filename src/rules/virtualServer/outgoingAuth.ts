import type { NamespaceView } from '../../catalog/catalog.ts';
import { shownKey } from '../../kubernetes/read.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import {
  AUTH_SOURCES,
  type BackendAuthChoice,
  CHOICE_TYPES,
  choosesConfig,
  type VirtualMcpServer,
} from '../../toolhive/models/virtualServer.ts';
import { checkChosenIdentity } from '../auth/identity.ts';
import { checkChosenProviders } from '../auth/providers.ts';
import { configNotFound, unconvertible } from '../auth/reference.ts';
import { child, type FieldPath, mapValue } from '../findings/fieldPath.ts';
import { forbidden, notFound, notSupported, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts, warn } from '../rule.ts';

export const outgoingAuthRules = {
  'vmcp-auth-unknown': deny(
    'outgoingAuth must have a known source, and its choices a known type.',
    'VirtualMCPServer',
  ),
  'vmcp-auth-discovered': deny(
    'An auth choice must not be of type discovered in inline mode.',
    'VirtualMCPServer',
  ),
  'vmcp-auth-config-missing': deny(
    'An auth choice of type externalAuthConfigRef must name a config.',
    'VirtualMCPServer',
  ),
  'vmcp-auth-unusable': deny(
    'Default and overrides must use auth configs that ToolHive can convert.',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
  ),
  'vmcp-override-unknown': warn('An override must be for a backend of the group.', 'VirtualMCPServer'),
};

const AUTH = 'spec.outgoingAuth';

/** The field of the override for a backend. */
function overrideField(name: string, { backendAuth }: VirtualMcpServer): FieldPath {
  return mapValue(`${AUTH}.backends`, name, shownKey(name, backendAuth));
}

/** The default and the overrides, each with its field path. */
function choices(vmcp: VirtualMcpServer): [field: FieldPath, choice: BackendAuthChoice][] {
  const overrides = Object.entries(vmcp.backendAuth).map(([name, choice]): [FieldPath, BackendAuthChoice] => [
    overrideField(name, vmcp),
    choice,
  ]);
  return vmcp.defaultAuth ? [[`${AUTH}.default`, vmcp.defaultAuth], ...overrides] : overrides;
}

function checkChosenConfig(
  vmcp: VirtualMcpServer,
  path: FieldPath,
  name: string | undefined,
  view: NamespaceView,
): Finding[] {
  const field = child(path, 'externalAuthConfigRef.name');
  if (name === undefined)
    return [
      required({
        rule: 'vmcp-auth-config-missing',
        field,
        detail: 'the MCPExternalAuthConfig to use; ToolHive stops at a choice without one',
      }),
    ];
  const config = view.authConfig(name);
  if (config === undefined)
    return [
      configNotFound(
        field,
        name,
        view.namespace,
        'ToolHive writes no configuration for this vMCP until it does',
      ),
    ];
  const reason = unconvertible(config);
  if (reason !== undefined)
    return [
      forbidden({
        rule: 'vmcp-auth-unusable',
        field,
        value: name,
        detail: `MCPExternalAuthConfig "${name}" cannot be used: ${reason}. ToolHive would write no configuration for this vMCP at all`,
      }),
    ];
  return [...checkChosenProviders(config, vmcp, field), ...checkChosenIdentity(config, vmcp, field)];
}

/** The vMCPs that choose a config which ToolHive cannot convert: the other side of {@link checkChosenConfig}. */
export function checkChoosers(config: McpExternalAuthConfig, { view }: Facts): Finding[] {
  const reason = unconvertible(config);
  if (reason === undefined) return [];
  const { name } = config.metadata;
  return view
    .usersOf(name)
    .filter((user) => user.kind === 'VirtualMCPServer' && choosesConfig(user, name))
    .map(({ metadata }) =>
      forbidden({
        rule: 'vmcp-auth-unusable',
        field: 'spec.type',
        detail: `VirtualMCPServer "${metadata.name}" uses this config in outgoingAuth, but ${reason}. ToolHive would write no configuration for that vMCP at all; use another config there first`,
      }),
    );
}

/** The enum of the CRD for the source; one that is absent is discovered. */
function checkSource({ source }: VirtualMcpServer): Finding[] {
  if (AUTH_SOURCES.some((known) => known === source)) return [];
  return [notSupported({ rule: 'vmcp-auth-unknown', field: `${AUTH}.source`, value: source }, AUTH_SOURCES)];
}

/** The enum of the CRD for a choice; ToolHive's own validation refuses an override of another type. */
function checkType(field: FieldPath, type: string | undefined): Finding[] {
  const rule = 'vmcp-auth-unknown';
  if (type === undefined) return [required({ rule, field, detail: `one of ${CHOICE_TYPES.join(', ')}` })];
  return [notSupported({ rule, field, value: type }, CHOICE_TYPES)];
}

/** `spec.outgoingAuth`: the source, the default and the overrides. */
export function checkChoices(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const ofChoices = choices(vmcp).flatMap(([path, choice]) => {
    if (choice.type === 'externalAuthConfigRef')
      return checkChosenConfig(vmcp, path, choice.authConfig, view);
    if (choice.type !== 'discovered') return checkType(child(path, 'type'), choice.type);
    if (vmcp.source !== 'inline') return [];
    return [
      forbidden({
        rule: 'vmcp-auth-discovered',
        field: child(path, 'type'),
        value: choice.type,
        detail:
          'discovered does not work with outgoingAuth.source inline: the vMCP refuses its configuration and does not start; use externalAuthConfigRef, or remove this',
      }),
    ];
  });
  return [...checkSource(vmcp), ...ofChoices];
}

/** True when a member of the group has the name. */
export function isMember(name: string, group: string, view: NamespaceView): boolean {
  const members = [view.server(name), view.remoteProxy(name), view.entry(name)];
  return members.some((member) => member?.group === group);
}

/** An override for a backend that the group does not have. */
export function checkOverrides(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const { group } = vmcp;
  if (group === undefined || view.group(group) === undefined) return [];
  const configured = new Set(vmcp.backends.map(({ name }) => name));
  return Object.keys(vmcp.backendAuth)
    .filter((name) => !configured.has(name) && !isMember(name, group, view))
    .map((name) =>
      notFound({
        rule: 'vmcp-override-unknown',
        field: overrideField(name, vmcp),
        raw: name,
        detail: `group "${vmcp.group}" has no backend of this name (yet), so this override has no effect`,
      }),
    );
}
