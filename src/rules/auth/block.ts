import { AUTH_TYPES, type McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { forbidden, notSupported, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { checkHeaderName } from '../headers/name.ts';
import { deny, warn } from '../rule.ts';

export const authBlockRules = {
  'auth-block-mismatch': deny(
    'An auth config must have the block of its type and no other.',
    'MCPExternalAuthConfig',
  ),
  'auth-field-missing': deny(
    'An auth config must have the fields that its type needs.',
    'MCPExternalAuthConfig',
  ),
  'auth-token-header-dropped': warn(
    'externalTokenHeaderName must not be relied on.',
    'MCPExternalAuthConfig',
  ),
};

const TYPE = 'spec.type';

/** The CRD's own rule about type and block, for manifests that no API server has seen. */
export function checkBlocks({ type, blocks }: McpExternalAuthConfig): Finding[] {
  const rule = 'auth-block-mismatch';
  if (type === undefined) return [required({ rule, field: TYPE, detail: `one of ${AUTH_TYPES.join(', ')}` })];
  if (!AUTH_TYPES.some((known) => known === type))
    return [notSupported({ rule, field: TYPE, value: type }, AUTH_TYPES)];
  const findings = blocks
    .filter((block) => block !== type)
    .map((block) =>
      forbidden({ rule, field: `spec.${block}`, detail: `must not be set when spec.type is ${type}` }),
    );
  if (type !== 'unauthenticated' && !blocks.some((block) => block === type))
    findings.push(required({ rule, field: `spec.${type}`, detail: `the block of spec.type ${type}` }));
  return findings;
}

/**
 * The fields that a vMCP's validator or loader requires of a strategy, beside its URLs, its header and its Secrets: without
 * them the process exits. The CRDs require them too, but accept an empty `targetAudience`.
 */
export function checkFields({ xaa, awsSts, upstreamInject }: McpExternalAuthConfig): Finding[] {
  const missing: [field: string, what: string][] = [];
  if (xaa?.targetAudience === '')
    missing.push([
      'spec.xaa.targetAudience',
      'the URL of the authorization server that guards the MCP server',
    ]);
  if (awsSts?.region === '') missing.push(['spec.awsSts.region', 'an AWS region, e.g. eu-west-1']);
  if (upstreamInject?.providerName === '')
    missing.push(['spec.upstreamInject.providerName', 'the name of an upstream provider of the vMCP']);
  return missing.map(([field, what]) =>
    required({
      rule: 'auth-field-missing',
      field,
      detail: `${what}; a vMCP that is given this config without it does not start`,
    }),
  );
}

/** The header that a headerInjection config sets. */
export function checkInjectedHeader({ headerInjection }: McpExternalAuthConfig): Finding[] {
  return headerInjection
    ? checkHeaderName(headerInjection.headerName, 'spec.headerInjection.headerName')
    : [];
}

/** A field that ToolHive does not pass on to a vMCP. */
export function checkTokenHeader({ tokenExchange }: McpExternalAuthConfig): Finding[] {
  if (!tokenExchange?.externalTokenHeaderName) return [];
  return [
    forbidden({
      rule: 'auth-token-header-dropped',
      field: 'spec.tokenExchange.externalTokenHeaderName',
      detail:
        'ToolHive does not pass this field on to a vMCP, which takes the token from the Authorization header',
    }),
  ];
}
