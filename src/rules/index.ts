import { allowedNameRules } from './allowedNames.ts';
import { authBlockRules } from './auth/block.ts';
import { authIdentityRules } from './auth/identity.ts';
import { authProviderRules } from './auth/providers.ts';
import { authReferenceRules } from './auth/reference.ts';
import { authStrategyRules } from './auth/strategies.ts';
import { authUserRules } from './auth/users.ts';
import { backendsChangeRules } from './backendsChange.ts';
import { caConfigMapRules } from './caBundle/configMap.ts';
import { caContentRules } from './caBundle/content.ts';
import { caReferenceRules } from './caBundle/reference.ts';
import { caRequiredRules } from './caBundle/required.ts';
import { compositeToolRules } from './compositeTools.ts';
import { authVariableRules } from './conflicts/authVariables.ts';
import { headerVariableRules } from './conflicts/headerVariables.ts';
import { volumeNameRules } from './conflicts/volumeNames.ts';
import { credentialRules } from './credentials/secretHosts.ts';
import { malformedRules } from './form/malformed.ts';
import { objectNameRules } from './form/objectName.ts';
import { spellingRules } from './form/spelling.ts';
import { undecodableRules } from './form/undecodable.ts';
import { unknownFieldRules } from './form/unknownField.ts';
import { unknownKindRules } from './form/unknownKind.ts';
import { headerDuplicateRules } from './headers/duplicates.ts';
import { headerExpansionRules } from './headers/expansion.ts';
import { headerSecretRules } from './headers/fromSecret.ts';
import { headerMeaningRules } from './headers/meaning.ts';
import { headerNameRules } from './headers/name.ts';
import { headerSizeRules } from './headers/size.ts';
import { headerValueRules } from './headers/value.ts';
import { nameRules } from './names.ts';
import { passthroughRules } from './passthrough.ts';
import { phaseRules } from './phase.ts';
import { authzReferenceRules } from './references/authz.ts';
import { configCaBundleRules } from './references/caBundle.ts';
import { deletionRules } from './references/deletion.ts';
import { groupRules } from './references/group.ts';
import { referenceRules } from './references/missing.ts';
import { oidcReferenceRules } from './references/oidc.ts';
import { sharedConfigRules } from './references/sharedConfigs.ts';
import { toolConfigRules } from './references/toolConfig.ts';
import type { RuleInfo } from './rule.ts';
import { secretRules } from './secrets/secrets.ts';
import { unreadSecretRules } from './secrets/unreadSecrets.ts';
import { transportRules } from './transport.ts';
import { urlRules } from './url/checkUrl.ts';
import { remoteHostRules } from './url/remoteHosts.ts';
import { auditRules } from './virtualServer/audit.ts';
import { authServerRules } from './virtualServer/authServer.ts';
import { backendRules } from './virtualServer/backends.ts';
import { configSectionRules } from './virtualServer/configSections.ts';
import { ignoredFieldRules } from './virtualServer/ignoredFields.ts';
import { incomingAuthRules } from './virtualServer/incomingAuth.ts';
import { namedBackendRules } from './virtualServer/namedBackends.ts';
import { optimizerRules } from './virtualServer/optimizer.ts';
import { outgoingAuthRules } from './virtualServer/outgoingAuth.ts';
import { passthroughHeaderRules } from './virtualServer/passthroughHeaders.ts';
import { vmcpServiceRules } from './virtualServer/service.ts';
import { sessionRules } from './virtualServer/sessions.ts';
import { toolVisibilityRules } from './virtualServer/toolVisibility.ts';
import { versionRules } from './virtualServer/version.ts';
import { memberRules } from './workload/member.ts';
import { podTemplateRules } from './workload/podTemplate.ts';
import { quantityRules } from './workload/quantities.ts';
import { workloadServiceRules } from './workload/service.ts';
import { staleUrlRules } from './workload/staleUrl.ts';

/** The rules of each subject, in the order of the docs. A module's table of rules stands beside its checks. */
export const SUBJECTS = [
  malformedRules,
  undecodableRules,
  unknownKindRules,
  objectNameRules,
  unknownFieldRules,
  spellingRules,
  urlRules,
  remoteHostRules,
  transportRules,
  caReferenceRules,
  caConfigMapRules,
  caContentRules,
  caRequiredRules,
  phaseRules,
  groupRules,
  deletionRules,
  authReferenceRules,
  authProviderRules,
  authIdentityRules,
  authBlockRules,
  authUserRules,
  credentialRules,
  secretRules,
  unreadSecretRules,
  headerNameRules,
  headerMeaningRules,
  headerValueRules,
  headerExpansionRules,
  headerDuplicateRules,
  headerSizeRules,
  headerSecretRules,
  passthroughRules,
  nameRules,
  allowedNameRules,
  volumeNameRules,
  headerVariableRules,
  authVariableRules,
  outgoingAuthRules,
  passthroughHeaderRules,
  backendRules,
  configSectionRules,
  toolVisibilityRules,
  auditRules,
  optimizerRules,
  sessionRules,
  incomingAuthRules,
  authServerRules,
  vmcpServiceRules,
  ignoredFieldRules,
  versionRules,
  compositeToolRules,
  memberRules,
  quantityRules,
  podTemplateRules,
  workloadServiceRules,
  staleUrlRules,
  backendsChangeRules,
  authStrategyRules,
  namedBackendRules,
  referenceRules,
  authzReferenceRules,
  oidcReferenceRules,
  toolConfigRules,
  configCaBundleRules,
  sharedConfigRules,
] as const;

type KeysOf<Table> = Table extends unknown ? keyof Table : never;

/** The closed set of rule ids. Ids are stable: messages, policies, metrics and the pages of docs/rules refer to them. */
export type RuleId = KeysOf<(typeof SUBJECTS)[number]>;

/** Every rule by its id. */
export const RULES: Readonly<Record<RuleId, RuleInfo>> = Object.assign({}, ...SUBJECTS);

export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];
