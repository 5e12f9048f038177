import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { findEach } from '../findings/each.ts';
import { listItem } from '../findings/fieldPath.ts';
import { forbidden, invalid, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';

export const authStrategyRules = {
  'aws-role-missing': deny('An awsSts config must say which role to take.', 'MCPExternalAuthConfig'),
  'auth-client-half': warn('A client must have an id and a secret, or neither.', 'MCPExternalAuthConfig'),
  'auth-token-url-cleartext': warn(
    'A token endpoint over http must be allowed by insecureTargetTokenUrl.',
    'MCPExternalAuthConfig',
  ),
  'auth-not-in-this-build': warn(
    "Auth must be of a kind that ToolHive's open-source build has.",
    'MCPExternalAuthConfig',
    'VirtualMCPServer',
  ),
};

/** Types that another build may have. Source: `OBOValidate` and `validateSPIFFENotYetEnforced` of toolhive v0.47.0. */
export function checkBuild({ spec }: LoneObject): Finding[] {
  const say = (field: string, value: string | undefined, detail: string) =>
    invalid({ rule: 'auth-not-in-this-build', field, value, detail });
  if (spec.type === 'obo') {
    const detail =
      'needs an enterprise build of ToolHive: the open-source operator marks this config invalid (EnterpriseRequired), and no vMCP can use it';
    return [say('spec.type', 'obo', detail)];
  }
  return ['authServerConfig', 'embeddedAuthServer'].flatMap((block) => {
    if (itemsAt(spec, block, 'spiffeTrustDomains').length === 0) return [];
    const detail =
      'ToolHive v0.47.0 refuses every SPIFFE trust domain ("not yet enforced by this build"), writes no configuration for such a vMCP, and starts no server that uses such a config';
    return [say(`spec.${block}.spiffeTrustDomains`, undefined, detail)];
  });
}

/** Source: `Validate` of MCPExternalAuthConfig, toolhive v0.47.0. The controller marks the config Valid=False, after the write. */
export function checkAwsRoles({ spec }: LoneObject): Finding[] {
  const sts = fieldsAt(spec, 'awsSts');
  if (spec.type !== 'awsSts' || sts === undefined) return [];
  const mappings = itemsAt(sts, 'roleMappings');
  const rule = 'aws-role-missing';
  if (textAt(sts, 'fallbackRoleArn') === undefined && mappings.length === 0)
    return [
      required({
        rule,
        field: 'spec.awsSts.roleMappings',
        detail:
          'at least one mapping, or fallbackRoleArn: ToolHive marks the config invalid otherwise, and nothing uses it',
      }),
    ];
  return findEach(mappings, ([index, mapping]) => {
    const both = ['claim', 'matcher'].filter((field) => textAt(mapping, field) !== undefined).length;
    if (both === 1) return [];
    const path = 'spec.awsSts.roleMappings';
    return [
      forbidden({
        rule,
        field: listItem(path, index, textAt(mapping, 'roleArn') ?? ''),
        detail:
          'must have exactly one of claim and matcher: ToolHive marks the config invalid otherwise, and nothing uses it',
      }),
    ];
  });
}

const CLIENTS = [
  ['xaa', 'idpClientId', 'idpClientSecretRef'],
  ['xaa', 'targetClientId', 'targetClientSecretRef'],
] as const;

/** The strategy of the vMCP refuses half a client, so the backend's client is never made. */
export function checkHalfClients({ spec }: LoneObject): Finding[] {
  return CLIENTS.flatMap(([block, id, secret]) => {
    if (spec.type !== block) return [];
    const hasId = textAt(spec, block, id) !== undefined;
    if (hasId === (fieldsAt(spec, block, secret) !== undefined)) return [];
    const [missing, present] = hasId ? [secret, id] : [id, secret];
    return [
      required({
        rule: 'auth-client-half',
        field: `spec.${block}.${missing}`,
        detail: `needed beside ${present}: the vMCP makes no client for the backends that use this config otherwise`,
      }),
    ];
  });
}

/** The vMCP sends no client secret over http unless it is told to. */
export function checkTargetTokenUrl({ spec }: LoneObject): Finding[] {
  const url = textAt(spec, 'xaa', 'targetTokenUrl');
  if (
    spec.type !== 'xaa' ||
    !url?.startsWith('http://') ||
    valueAt(spec, 'xaa', 'insecureTargetTokenUrl') === true
  )
    return [];
  return [
    invalid({
      rule: 'auth-token-url-cleartext',
      field: 'spec.xaa.targetTokenUrl',
      detail:
        'is http, and insecureTargetTokenUrl is not true: the vMCP makes no client for the backends that use this config; use https',
    }),
  ];
}
