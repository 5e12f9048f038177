import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { quoted } from '../../text/line.ts';
import { behindPolicy, cedarProblems } from '../../toolhive/vmcpConfig/cedar.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { forbidden, invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';

export const incomingAuthRules = {
  'vmcp-open-by-mistake': deny(
    'A vMCP with OIDC settings must ask its callers for a token.',
    'VirtualMCPServer',
  ),
  'vmcp-authz-policy': deny(
    'Authorization policies must have the form of Cedar policies.',
    'VirtualMCPServer',
  ),
  'vmcp-authz-upstream': deny(
    'Authorization policies must read claims of an upstream that the auth server has.',
    'VirtualMCPServer',
  ),
};

const AUTH = 'spec.incomingAuth';

/** OIDC settings with which the vMCP nevertheless answers everybody: the type alone decides, and it is `anonymous`. */
export function checkOpen({ spec }: LoneObject): Finding[] {
  if (textAt(spec, 'incomingAuth', 'type') !== 'anonymous') return [];
  const say = (what: string) =>
    invalid({
      rule: 'vmcp-open-by-mistake',
      field: `${AUTH}.type`,
      value: 'anonymous',
      detail: `lets every caller in without a token, although ${what}; set type: oidc, or remove these settings`,
    });
  if (fieldsAt(spec, 'incomingAuth', 'oidcConfigRef')) return [say(`${AUTH}.oidcConfigRef is set`)];
  const inConfig = textAt(spec, 'config', 'incomingAuth', 'type') === 'oidc';
  return inConfig ? [say('spec.config.incomingAuth, which ToolHive ignores, says oidc')] : [];
}

/** An unnamed upstream is called `default`. */
function upstreams(spec: unknown): readonly string[] {
  return itemsAt(spec, 'authServerConfig', 'upstreamProviders').map(
    ([, item]) => textAt(item, 'name') ?? 'default',
  );
}

/** Which upstream's claims the policies see. Source: the operator's validation of authzConfig, toolhive v0.47.0. */
export function checkAuthzUpstream({ spec }: LoneObject): Finding[] {
  const authz = fieldsAt(spec, 'incomingAuth', 'authzConfig');
  if (authz === undefined) return [];
  const inline = valueAt(authz, 'inline', 'primaryUpstreamProvider');
  const [field, chosen] =
    typeof inline === 'string' && inline !== ''
      ? [`${AUTH}.authzConfig.inline.primaryUpstreamProvider`, inline]
      : [
          'spec.authServerConfig.primaryUpstreamProvider',
          textAt(spec, 'authServerConfig', 'primaryUpstreamProvider'),
        ];
  const say = (detail: string) =>
    forbidden({ rule: 'vmcp-authz-upstream', field, ...(chosen && { value: chosen }), detail });
  const fails = 'ToolHive marks this vMCP Failed and writes no configuration for it';
  if (chosen !== undefined && fieldsAt(spec, 'authServerConfig') === undefined)
    return [
      say(`names an upstream, but spec.authServerConfig is not set; ${fails}; set it, or remove this field`),
    ];
  if (chosen === undefined || upstreams(spec).includes(chosen)) return [];
  return [
    say(
      `${quoted(chosen)} is not an upstream of spec.authServerConfig, which has ${upstreams(spec).map(quoted).join(', ') || 'none'}; ${fails}`,
    ),
  ];
}

/** What stands behind the first policy of an item, also a forbid. The vMCP reads one policy of each. */
export function checkPoliciesBehind({ spec }: LoneObject): Finding[] {
  return itemsAt(spec, 'incomingAuth', 'authzConfig', 'inline', 'policies').flatMap(([index, policy]) => {
    const where = typeof policy === 'string' ? behindPolicy(policy) : undefined;
    if (where === undefined) return [];
    return [
      invalid({
        rule: 'vmcp-config-ignored',
        field: withoutPositions(`${AUTH}.authzConfig.inline.policies[${index}]`),
        detail: `has more behind its first policy (${where}), which the vMCP ignores, also a forbid: it reads one policy of each item; make it an item of its own`,
      }),
    ];
  });
}

/** Policies, entities and the type of groups that the vMCP cannot read at start. The operator looks into none of them. */
export function checkPolicies({ spec }: LoneObject): Finding[] {
  const authz = fieldsAt(spec, 'incomingAuth', 'authzConfig');
  if (authz === undefined) return [];
  const inline = fieldsAt(authz, 'inline');
  const problems = [
    ...(inline ? cedarProblems(inline, `${AUTH}.authzConfig.inline`) : []),
    ...cedarProblems({ groupEntityType: authz.groupEntityType }, `${AUTH}.authzConfig`),
  ];
  return problems.map(({ path, message }) =>
    forbidden({
      rule: 'vmcp-authz-policy',
      field: { shown: path, stable: path.replace(/\[\d+\]/g, '[]') },
      detail: `${message}; the vMCP does not start otherwise`,
    }),
  );
}
