import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { quoted } from '../../text/line.ts';
import { cedarProblems } from '../../toolhive/vmcpConfig/cedar.ts';
import { findEach } from '../findings/each.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { forbidden, invalid, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';
import { policyFinding } from '../virtualServer/incomingAuth.ts';

export const sharedConfigRules = {
  'shared-config-invalid': deny(
    'A config that other objects share must be one that ToolHive accepts.',
    'MCPOIDCConfig',
    'MCPAuthzConfig',
    'MCPTelemetryConfig',
  ),
  'shared-config-ignored': warn(
    'A setting of a config that other objects share must have an effect.',
    'MCPTelemetryConfig',
    'MCPToolConfig',
  ),
  'authz-type-unknown': warn(
    'An MCPAuthzConfig must be of a type that this version of ToolHive has.',
    'MCPAuthzConfig',
  ),
};

const rule = 'shared-config-invalid';
const UNUSED = 'ToolHive marks it invalid, and writes no configuration for a vMCP that uses it';

function fault(field: string, detail: string, value?: string): Finding {
  return invalid({
    rule,
    field: withoutPositions(field),
    value,
    detail: `${detail}; ${UNUSED}`,
  });
}

function missing(field: string, detail: string): Finding {
  return required({ rule, field: withoutPositions(field), detail: `${detail}; ${UNUSED}` });
}

/** The part of a URL before its path, as far as it decides. */
const URL_START = /^([a-z][a-z0-9+.-]*):\/\/[^/?#]/i;

function urlFindings(inline: unknown, name: string): Finding[] {
  const url = textAt(inline, name);
  if (url === undefined) return [];
  const field = `spec.inline.${name}`;
  const scheme = URL_START.exec(url)?.[1]?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return [fault(field, 'must be an https URL with a host')];
  if (scheme === 'https' || valueAt(inline, 'insecureAllowHTTP') === true) return [];
  return [fault(field, 'must be https, or insecureAllowHTTP: true must be set beside it')];
}

/** Source: `validateOIDCConfigSpec` of toolhive v0.47.0; an empty issuer ends the vMCP. */
export function checkOidcConfig({ spec }: LoneObject): Finding[] {
  const inline = fieldsAt(spec, 'inline');
  if (spec.type !== 'inline' || inline === undefined) return [];
  if (inline.issuer === '') return [missing('spec.inline.issuer', 'the URL of the identity provider')];
  return ['issuer', 'jwksUrl'].flatMap((name) => urlFindings(inline, name));
}

/** What a reference to a Secret must have, and what each is. */
const SECRET_FIELDS = [
  ['name', 'the name of the Secret'],
  ['key', 'the key in the Secret'],
] as const;

function sensitiveHeaderFindings(otel: unknown): Finding[] {
  const plain = fieldsAt(otel, 'headers') ?? {};
  return findEach(itemsAt(otel, 'sensitiveHeaders'), ([index, header]) => {
    const path = `spec.openTelemetry.sensitiveHeaders[${index}]`;
    const findings = SECRET_FIELDS.filter(
      ([field]) => textAt(header, 'secretKeyRef', field) === undefined,
    ).map(([field, what]) => missing(`${path}.secretKeyRef.${field}`, what));
    const name = textAt(header, 'name');
    if (name !== undefined && Object.hasOwn(plain, name))
      findings.push(fault(`${path}.name`, 'must not be one of headers, too'));
    return findings;
  });
}

/** Source: `Validate` of MCPTelemetryConfig, toolhive v0.47.0. */
export function checkTelemetryConfig({ spec }: LoneObject): Finding[] {
  const otel = fieldsAt(spec, 'openTelemetry');
  const field = 'spec.openTelemetry';
  const findings = sensitiveHeaderFindings(otel);
  const sends = ['tracing', 'metrics'].some((signal) => valueAt(otel, signal, 'enabled') === true);
  if (textAt(otel, 'endpoint') !== undefined && !sends)
    findings.push(fault(`${field}.endpoint`, 'needs tracing.enabled or metrics.enabled: true'));
  if (valueAt(otel, 'insecure') === true && fieldsAt(otel, 'caBundleRef'))
    findings.push(fault(`${field}.caBundleRef`, 'must not be set beside insecure: true'));
  return findings;
}

/** The fields of `spec.config` for Cedar, and those of the vMCP's own configuration that they stand for. */
const CEDAR_NAMES: Readonly<Record<string, string>> = {
  entitiesJson: 'entities_json',
  groupEntityType: 'group_entity_type',
};

function cedarFindings(config: Readonly<Record<string, unknown>>): Finding[] {
  const field = 'spec.config.policies';
  const { policies } = config;
  if (!Array.isArray(policies) || policies.length === 0) {
    const hint = fieldsAt(config, 'cedar') ? ', in spec.config itself, not below cedar' : '';
    return [missing(field, `a list with at least one Cedar policy${hint}`)];
  }
  const index = policies.findIndex((policy) => typeof policy !== 'string');
  if (index >= 0) return [fault(`${field}[${index}]`, 'must be a text')];
  const read = { policies, entitiesJson: config.entities_json, groupEntityType: config.group_entity_type };
  return cedarProblems(read, 'spec.config').map(({ path, message }) => {
    const name = path.slice('spec.config.'.length);
    return policyFinding(`spec.config.${CEDAR_NAMES[name] ?? name}`, message);
  });
}

function decisionPointFindings(config: unknown): Finding[] {
  const findings: Finding[] = [];
  if (textAt(config, 'http', 'url') === undefined)
    findings.push(missing('spec.config.http.url', 'the URL of the policy decision point'));
  const mapping = textAt(config, 'claim_mapping');
  if (mapping === undefined) findings.push(missing('spec.config.claim_mapping', 'mpe or standard'));
  else if (!['mpe', 'standard'].includes(mapping))
    findings.push(fault('spec.config.claim_mapping', 'must be mpe or standard', mapping));
  return findings;
}

/** Source: `validateAuthzConfig` of toolhive v0.47.0. It looks into no policy: a wrong one ends the vMCP. */
export function checkAuthzConfig({ spec }: LoneObject): Finding[] {
  const type = textAt(spec, 'type');
  const config = fieldsAt(spec, 'config');
  if (type === undefined || config === undefined) return [];
  if (type === 'cedarv1') return cedarFindings(config);
  if (type === 'httpv1') return decisionPointFindings(config);
  const detail = `ToolHive v0.47.0 has the types cedarv1 and httpv1, marks a config of type ${quoted(type)} invalid, and nothing that names it starts`;
  return [forbidden({ rule: 'authz-type-unknown', field: 'spec.type', value: type, detail })];
}

/** An endpoint to which nothing is sent. Source: `NormalizeMCPTelemetryConfig` of toolhive v0.47.0. */
export function checkTelemetrySwitch({ spec }: LoneObject): Finding[] {
  const field = 'spec.openTelemetry.enabled';
  const isSet = textAt(spec, 'openTelemetry', 'endpoint') !== undefined;
  if (!isSet || valueAt(spec, 'openTelemetry', 'enabled') === true) return [];
  const detail =
    'is not true, so ToolHive ignores endpoint, tracing and metrics and nothing is sent; set enabled: true, or remove the block';
  return [invalid({ rule: 'shared-config-ignored', field, detail })];
}

/** A list of tools that hides none. */
export function checkToolsFilter({ spec }: LoneObject): Finding[] {
  if (!Array.isArray(spec.toolsFilter) || spec.toolsFilter.length > 0) return [];
  const detail = 'is empty, which hides no tool; name the tools to show, or remove the field';
  return [invalid({ rule: 'shared-config-ignored', field: 'spec.toolsFilter', detail })];
}
