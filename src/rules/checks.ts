import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveModels, ToolhiveObject } from '../toolhive/object.ts';
import { checkBlocks, checkFields, checkInjectedHeader, checkTokenHeader } from './auth/block.ts';
import { checkConfigIdentity, checkMemberIdentity, checkServedIdentity } from './auth/identity.ts';
import { checkConfigProviders, checkMemberProviders, checkServedProviders } from './auth/providers.ts';
import { checkAuthReference, checkClientId, checkMemberAuthReference } from './auth/reference.ts';
import { checkAuthSecrets } from './auth/secretRefs.ts';
import { checkUsers } from './auth/users.ts';
import { checkCaBundle } from './caBundle/reference.ts';
import { checkRequiredCaBundle } from './caBundle/required.ts';
import { checkConflicts } from './conflicts/check.ts';
import {
  checkChosenCredentials,
  checkConfigCredentials,
  checkMemberCredentials,
} from './credentials/toBackends.ts';
import { toVerdict } from './findings/levels.ts';
import type { Finding, Verdict } from './findings/verdict.ts';
import { checkSpelling } from './form/spelling.ts';
import { checkEntryHeaders, checkProxyHeaders } from './headers/headers.ts';
import { checkSharedName, checkVolumeName } from './names.ts';
import { checkPassthroughClash } from './passthrough.ts';
import type { Policy } from './policy/policy.ts';
import { checkAuthzReference, checkAuthzUsers, checkPolicyConfigMap } from './references/authz.ts';
import { checkConfigCaBundle } from './references/caBundle.ts';
import { checkDefinitionSteps, checkReferencedSteps } from './references/compositeSteps.ts';
import { checkDefinitions, checkDefinitionUsers } from './references/compositeTools.ts';
import { checkEntryGroup, checkGroup, checkServedGroup } from './references/group.ts';
import { checkReferences, checkWorkloadReferences } from './references/missing.ts';
import { checkOidcReference, checkOidcUsers } from './references/oidc.ts';
import { checkToolConfigs, checkToolOverrides } from './references/toolConfig.ts';
import type { Check, Facts } from './rule.ts';
import { checkRequiredTransport, checkTransport } from './transport.ts';
import { checkRemoteUrl } from './url/remoteUrl.ts';
import { checkTokenUrls } from './url/tokenUrls.ts';
import { checkBackends } from './virtualServer/backends.ts';
import { checkNamedBackends } from './virtualServer/namedBackends.ts';
import { checkChoices, checkChoosers, checkOverrides } from './virtualServer/outgoingAuth.ts';
import { checkPassthroughHeaders } from './virtualServer/passthroughHeaders.ts';
import {
  checkAuthTwice,
  checkEntryNameRoom,
  checkStaticTransport,
  checkToolNameRoom,
} from './workload/member.ts';

/** What the spec of each kind is judged by, in the order in which findings are shown. A new check is a new line here. */
const CHECKS: { readonly [K in ToolhiveKind]: readonly Check<ToolhiveModels[K]>[] } = {
  MCPServerEntry: [
    checkRemoteUrl,
    checkRequiredTransport,
    checkEntryGroup,
    checkCaBundle,
    checkRequiredCaBundle,
    checkEntryHeaders,
    checkVolumeName,
    checkMemberCredentials,
    checkConflicts,
    checkAuthReference,
    checkMemberProviders,
    checkEntryNameRoom,
    checkMemberIdentity,
    checkSharedName,
    checkPassthroughClash,
    checkSpelling,
  ],
  MCPRemoteProxy: [
    checkRemoteUrl,
    checkTransport,
    checkGroup,
    checkProxyHeaders,
    checkMemberCredentials,
    checkConflicts,
    checkMemberAuthReference,
    checkMemberProviders,
    checkToolNameRoom,
    checkMemberIdentity,
    checkSharedName,
    checkWorkloadReferences,
    checkSpelling,
  ],
  VirtualMCPServer: [
    checkServedGroup,
    checkChoices,
    checkOverrides,
    checkChosenCredentials,
    checkServedProviders,
    checkServedIdentity,
    checkConflicts,
    checkBackends,
    checkPassthroughHeaders,
    checkReferences,
    checkAuthzReference,
    checkPolicyConfigMap,
    checkOidcReference,
    checkToolConfigs,
    checkDefinitions,
    checkNamedBackends,
    checkReferencedSteps,
    checkSpelling,
  ],
  MCPExternalAuthConfig: [
    checkBlocks,
    checkTokenUrls,
    checkConfigCredentials,
    checkFields,
    checkInjectedHeader,
    checkClientId,
    checkTokenHeader,
    checkConflicts,
    checkConfigProviders,
    checkConfigIdentity,
    checkChoosers,
    checkUsers,
    checkAuthSecrets,
  ],
  MCPGroup: [],
  MCPServer: [
    checkGroup,
    checkMemberCredentials,
    checkConflicts,
    checkMemberAuthReference,
    checkMemberProviders,
    checkStaticTransport,
    checkAuthTwice,
    checkToolNameRoom,
    checkMemberIdentity,
    checkSharedName,
    checkWorkloadReferences,
    checkSpelling,
  ],
  MCPToolConfig: [checkToolOverrides],
  MCPOIDCConfig: [checkConfigCaBundle, checkOidcUsers],
  MCPAuthzConfig: [checkAuthzUsers],
  MCPTelemetryConfig: [checkConfigCaBundle],
  EmbeddingServer: [],
  VirtualMCPCompositeToolDefinition: [checkDefinitionUsers, checkDefinitionSteps],
};

function findingsOf<K extends ToolhiveKind>(
  kind: K,
  object: ToolhiveModels[K],
  facts: Facts,
  policy: Policy,
): Finding[] {
  const findings: Finding[] = [];
  for (const check of CHECKS[kind]) {
    // One by one: as arguments of one call, half a million would not fit on the stack.
    for (const finding of check(object, facts, policy)) findings.push(finding);
  }
  return findings;
}

/** Applies every rule about the spec of an object of any kind. Pure; never throws. */
export function judgeObject(object: ToolhiveObject, facts: Facts, policy: Policy): Verdict {
  return toVerdict(findingsOf(object.kind, object as never, facts, policy), policy);
}
