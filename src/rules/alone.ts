import { fieldsAt, textAt } from '../kubernetes/record.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import { checkAllowedName } from './allowedNames.ts';
import { checkAwsRoles, checkBuild, checkHalfClients, checkTargetTokenUrl } from './auth/strategies.ts';
import { checkCaSource } from './caBundle/reference.ts';
import { checkCompositeTools, checkTemplateReferences, checkToolNames } from './compositeTools.ts';
import { checkSpecCredentials } from './credentials/inSpec.ts';
import { toVerdict } from './findings/levels.ts';
import type { Verdict } from './findings/verdict.ts';
import { checkDecoding } from './form/undecodable.ts';
import type { Policy } from './policy/policy.ts';
import { checkReferenceNames } from './references/missing.ts';
import {
  checkAuthzConfig,
  checkOidcConfig,
  checkTelemetryConfig,
  checkTelemetrySwitch,
  checkToolsFilter,
} from './references/sharedConfigs.ts';
import type { LoneCheck, LoneObject } from './rule.ts';
import { checkAudit, checkAuditSwitch } from './virtualServer/audit.ts';
import { checkAuthorizationParams, checkAuthServer, checkServerScopes } from './virtualServer/authServer.ts';
import { checkAggregation, checkOperational } from './virtualServer/configSections.ts';
import {
  checkOverwrittenFields,
  checkStepFields,
  checkUnknownFields,
} from './virtualServer/ignoredFields.ts';
import {
  checkAuthzUpstream,
  checkOpen,
  checkPolicies,
  checkPoliciesBehind,
  checkWorkloadPolicies,
} from './virtualServer/incomingAuth.ts';
import { checkAuthzWithOptimizer, checkOptimizer } from './virtualServer/optimizer.ts';
import { checkServiceAccount, checkServiceName } from './virtualServer/service.ts';
import {
  checkServerRateLimits,
  checkSessionStorage,
  checkSharedSessions,
  checkVmcpRateLimits,
} from './virtualServer/sessions.ts';
import { checkPrefixFormat, checkToolFilters } from './virtualServer/toolVisibility.ts';
import { checkVersion } from './virtualServer/version.ts';
import { checkPodTemplate } from './workload/podTemplate.ts';
import { checkQuantities } from './workload/quantities.ts';
import { checkWorkloadService } from './workload/service.ts';
import { checkStaleUrl } from './workload/staleUrl.ts';

/** What each kind is judged by without a look at any other object. A new check is a new line here. */
const CHECKS: { readonly [K in StoredKind]?: readonly LoneCheck[] } = {
  VirtualMCPServer: [
    checkServiceName,
    checkOpen,
    checkAuthzUpstream,
    checkPolicies,
    checkPoliciesBehind,
    checkAuthServer,
    checkAuthorizationParams,
    checkServerScopes,
    checkBuild,
    checkOperational,
    checkAggregation,
    checkPrefixFormat,
    checkToolFilters,
    checkAudit,
    checkAuditSwitch,
    checkOptimizer,
    checkAuthzWithOptimizer,
    checkVmcpRateLimits,
    checkSharedSessions,
    checkSessionStorage,
    checkServiceAccount,
    checkCompositeTools,
    checkToolNames,
    checkTemplateReferences,
    checkUnknownFields,
    checkOverwrittenFields,
    checkStepFields,
    checkVersion,
    checkPodTemplate,
    checkSpecCredentials,
  ],
  VirtualMCPCompositeToolDefinition: [
    checkCompositeTools,
    checkTemplateReferences,
    checkUnknownFields,
    checkStepFields,
  ],
  MCPServerEntry: [checkReferenceNames, checkCaSource],
  MCPServer: [
    checkWorkloadService,
    checkReferenceNames,
    checkServerRateLimits,
    checkSessionStorage,
    checkWorkloadPolicies,
    checkQuantities,
    checkPodTemplate,
    checkSpecCredentials,
  ],
  MCPRemoteProxy: [
    checkWorkloadService,
    checkReferenceNames,
    checkSessionStorage,
    checkWorkloadPolicies,
    checkQuantities,
    checkPodTemplate,
    checkSpecCredentials,
  ],
  MCPExternalAuthConfig: [
    checkAwsRoles,
    checkHalfClients,
    checkTargetTokenUrl,
    checkAuthorizationParams,
    checkBuild,
    checkSpecCredentials,
  ],
  MCPOIDCConfig: [checkOidcConfig, checkSpecCredentials],
  MCPAuthzConfig: [checkAuthzConfig],
  MCPTelemetryConfig: [checkTelemetryConfig, checkTelemetrySwitch, checkSpecCredentials],
  MCPToolConfig: [checkToolsFilter],
  EmbeddingServer: [checkWorkloadService, checkQuantities, checkPodTemplate, checkSpecCredentials],
  MCPRegistry: [checkSpecCredentials],
};

/** An untrusted object as checks see it that need nothing beside it. */
export function toLoneObject(kind: StoredKind, raw: unknown, namespace: string): LoneObject {
  const name = textAt(raw, 'metadata', 'name') ?? '';
  return { kind, name, namespace, spec: fieldsAt(raw, 'spec') ?? {} };
}

/**
 * The verdict on an object by itself, whatever is wrong with it otherwise and whatever else is in the cluster.
 * @param raw the untrusted object, of any of ToolHive's kinds
 * @param namespace of the request: inside the object it may be missing
 */
export function judgeAlone(kind: StoredKind, raw: unknown, namespace: string, policy: Policy): Verdict {
  const object = toLoneObject(kind, raw, namespace);
  const findings = [...checkDecoding(kind, raw), ...checkAllowedName(object.name, policy)];
  // One by one: as arguments of one call, half a million would not fit on the stack.
  for (const check of CHECKS[kind] ?? []) for (const finding of check(object, policy)) findings.push(finding);
  return toVerdict(findings, policy);
}

/**
 * What an update changes that ToolHive does not follow. Never a denial by default: the object is right, its user has to do
 * something more.
 */
export function judgeChange(kind: StoredKind, before: unknown, after: unknown, policy: Policy): Verdict {
  return toVerdict(checkStaleUrl(kind, before, after), policy);
}
