import type { CauseId } from './causes.ts';
import { caBundle, certificateNames, servedPair, servingCertificate, trust } from './checks/certificates.ts';
import {
  certManager,
  kubernetesVersion,
  leftovers,
  platform,
  toolhiveCrds,
  toolhiveVersion,
} from './checks/cluster.ts';
import { endpoints, reachable, service } from './checks/network.ts';
import { networkPolicy } from './checks/networkPolicy.ts';
import { entryDenied, podAllowed, podRefused } from './checks/proof.ts';
import { mutatingConfiguration, validatingConfiguration } from './checks/registration.ts';
import { accountRights, callerRights } from './checks/rights.ts';
import { deployment, imageVersion, replicas } from './checks/workload.ts';
import type { Facts } from './facts.ts';
import { type Result, STATUSES, type Status } from './result.ts';

/** Before or after the installation. */
export type Phase = 'pre' | 'installed';

interface Check {
  readonly group: string;
  readonly phases: readonly Phase[];
  readonly check: (facts: Facts) => readonly Result[];
}

const PRE = ['pre'] as const;
const INSTALLED = ['installed'] as const;
const BOTH = ['pre', 'installed'] as const;

/**
 * Every check by its id, in the order of the report. Ids are stable. docs/doctor.md has a section for each, and one for each
 * cause; a test holds them together.
 */
export const CHECKS = {
  'entry-denied': { group: 'proof', phases: INSTALLED, check: entryDenied },
  'pod-refused': { group: 'proof', phases: INSTALLED, check: podRefused },
  'validating-configuration': { group: 'registration', phases: INSTALLED, check: validatingConfiguration },
  'mutating-configuration': { group: 'registration', phases: INSTALLED, check: mutatingConfiguration },
  service: { group: 'network', phases: INSTALLED, check: service },
  endpoints: { group: 'network', phases: INSTALLED, check: endpoints },
  reachable: { group: 'network', phases: INSTALLED, check: reachable },
  'network-policy': { group: 'network', phases: INSTALLED, check: networkPolicy },
  'ca-bundle': { group: 'certificates', phases: INSTALLED, check: caBundle },
  'serving-certificate': { group: 'certificates', phases: INSTALLED, check: servingCertificate },
  'certificate-names': { group: 'certificates', phases: INSTALLED, check: certificateNames },
  trust: { group: 'certificates', phases: INSTALLED, check: trust },
  'served-pair': { group: 'certificates', phases: INSTALLED, check: servedPair },
  deployment: { group: 'replicas', phases: INSTALLED, check: deployment },
  replicas: { group: 'replicas', phases: INSTALLED, check: replicas },
  'image-version': { group: 'replicas', phases: INSTALLED, check: imageVersion },
  'account-rights': { group: 'rights', phases: INSTALLED, check: accountRights },
  'caller-rights': { group: 'rights', phases: PRE, check: callerRights },
  'pod-allowed': { group: 'namespace', phases: PRE, check: podAllowed },
  leftovers: { group: 'namespace', phases: PRE, check: leftovers },
  'toolhive-crds': { group: 'toolhive', phases: BOTH, check: toolhiveCrds },
  'toolhive-version': { group: 'toolhive', phases: BOTH, check: toolhiveVersion },
  'kubernetes-version': { group: 'cluster', phases: BOTH, check: kubernetesVersion },
  'cert-manager': { group: 'cluster', phases: PRE, check: certManager },
  platform: { group: 'cluster', phases: PRE, check: platform },
} as const satisfies Readonly<Record<string, Check>>;

export type CheckId = keyof typeof CHECKS;

/** One line of the report. */
export interface Finding {
  readonly id: CheckId;
  readonly group: string;
  readonly status: Status;
  readonly message: string;
  readonly cause?: CauseId;
}

/** Runs every check of a phase over what was gathered. */
export function examine(facts: Facts, phase: Phase): readonly Finding[] {
  const entries = Object.entries(CHECKS) as [CheckId, Check][];
  return entries
    .filter(([, { phases }]) => phases.includes(phase))
    .flatMap(([id, { group, check }]) => check(facts).map((result) => ({ id, group, ...result })));
}

/** True for the id of a check. */
export function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(CHECKS, text);
}

/** The findings, in which what is unknown of the required checks has failed. */
export function requiring(findings: readonly Finding[], ids: readonly CheckId[]): readonly Finding[] {
  return findings.map((finding) =>
    finding.status === 'unknown' && ids.includes(finding.id) ? { ...finding, status: 'failed' } : finding,
  );
}

/** The worst status of some findings. */
export function worst(findings: readonly Finding[]): Status {
  return findings.reduce<Status>(
    (most, { status }) => (STATUSES.indexOf(status) > STATUSES.indexOf(most) ? status : most),
    'ok',
  );
}
