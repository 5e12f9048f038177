import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { listed, quoted } from '../../text/line.ts';
import { behindPolicy, cedarProblems, readPolicies } from '../../toolhive/vmcpConfig/cedar.ts';
import { findEach } from '../findings/each.ts';
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
    'MCPAuthzConfig',
    'MCPServer',
    'MCPRemoteProxy',
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
    forbidden({
      rule: 'vmcp-authz-upstream',
      field,
      value: chosen,
      violations: [{ parts: [chosen] }],
      detail,
    });
  const fails = 'ToolHive marks this vMCP Failed and writes no configuration for it';
  if (chosen !== undefined && fieldsAt(spec, 'authServerConfig') === undefined)
    return [
      say(`names an upstream, but spec.authServerConfig is not set; ${fails}; set it, or remove this field`),
    ];
  if (chosen === undefined || upstreams(spec).includes(chosen)) return [];
  return [
    say(
      `${quoted(chosen)} is not an upstream of spec.authServerConfig, which has ${listed(upstreams(spec).map(quoted)) || 'none'}; ${fails}`,
    ),
  ];
}

/** What stands behind the first policy of an item, also a forbid. The vMCP reads one policy of each. */
export function checkPoliciesBehind({ spec }: LoneObject): Finding[] {
  const items = itemsAt(spec, 'incomingAuth', 'authzConfig', 'inline', 'policies');
  return findEach(readPolicies(items) ?? [], ([index, policy]) => {
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

/** What cannot be read of Cedar policies or of what belongs to them. */
export function policyFinding(path: string, message: string): Finding {
  return forbidden({
    rule: 'vmcp-authz-policy',
    field: withoutPositions(path),
    detail: `${message}; what uses it does not start otherwise`,
  });
}

/** Policies, entities and the type of groups that cannot be read at start. Of a vMCP the operator looks into none of them. */
function policyFindings(authz: Readonly<Record<string, unknown>> | undefined, path: string): Finding[] {
  if (authz === undefined) return [];
  const inline = fieldsAt(authz, 'inline');
  const problems = [
    ...(inline ? cedarProblems(inline, `${path}.inline`) : []),
    ...cedarProblems({ groupEntityType: authz.groupEntityType }, path),
  ];
  return problems.map((problem) => policyFinding(problem.path, problem.message));
}

/** The policies of a vMCP. */
export function checkPolicies({ spec }: LoneObject): Finding[] {
  return policyFindings(fieldsAt(spec, 'incomingAuth', 'authzConfig'), `${AUTH}.authzConfig`);
}

/** The policies of an MCPServer or an MCPRemoteProxy. */
export function checkWorkloadPolicies({ spec }: LoneObject): Finding[] {
  return policyFindings(fieldsAt(spec, 'authzConfig'), 'spec.authzConfig');
}
