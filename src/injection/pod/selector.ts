import { fieldsAt } from '../../kubernetes/record.ts';
import {
  GROUP_ANNOTATION,
  INJECT,
  INSTANCE_LABEL,
  type InjectionSettings,
  NAME_LABEL,
  OPERATOR_NAME,
} from '../contract.ts';
import type { PodReason } from '../report/reasons.ts';
import type { PodHead } from './pod.ts';

/** Set by the kubelet on the mirror of a static Pod. Source: `kubetypes.ConfigMirrorAnnotationKey`. */
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** What the metadata of a Pod says about it. A Pod is operator-made, self-managed, or not a vMCP Pod. */
export interface PodClass {
  readonly operatorMade: boolean;
  readonly selfManaged: boolean;
  readonly mirror: boolean;
  readonly optedOut: boolean;
  /** The VirtualMCPServer of an operator-made Pod. */
  readonly instance: string | undefined;
  /** The group that the annotation of a self-managed Pod names. */
  readonly annotatedGroup: string | undefined;
}

type MetadataFacts = Pick<PodClass, 'operatorMade' | 'selfManaged' | 'mirror' | 'optedOut'>;

/** The columns of the truth table of {@link decide}. */
export interface Facts extends MetadataFacts {
  readonly virtualServerKnown: boolean;
  readonly groupNamed: boolean;
  readonly groupExists: boolean;
  /** Static mode: the vMCP serves the backends of its config and does not watch the API. */
  readonly staticMode: boolean;
}

/** `inject` gives the Pod its config, `relax` only makes things optional, `skip` leaves it as it is, `refuse` denies it. */
export type Decision =
  | { readonly action: 'inject' }
  | { readonly action: 'relax' | 'skip' | 'refuse'; readonly reason: PodReason };

/** Whether the labels of an untrusted object could make it a vMCP Pod. Costs less than reading its metadata. */
export function mayBeVmcpPod(raw: unknown): boolean {
  const labels = fieldsAt(raw, 'metadata', 'labels');
  return labels !== undefined && (labels[NAME_LABEL] === OPERATOR_NAME || labels[INJECT] !== undefined);
}

/** Classifies a Pod by its metadata. A Pod with the labels of both kinds is operator-made. */
export function classify({ metadata }: PodHead): PodClass {
  const labels = metadata?.labels ?? {};
  const annotations = metadata?.annotations ?? {};
  const instance = labels[INSTANCE_LABEL] || undefined;
  const operatorMade = labels[NAME_LABEL] === OPERATOR_NAME && instance !== undefined;
  const selfManaged = !operatorMade && (labels[INJECT] === 'enabled' || labels[INJECT] === 'disabled');
  const ownedByNode = (metadata?.ownerReferences ?? []).some(({ kind }) => kind === 'Node');
  return {
    operatorMade,
    selfManaged,
    mirror: ownedByNode || annotations[MIRROR_ANNOTATION] !== undefined,
    optedOut: annotations[INJECT] === 'disabled' || labels[INJECT] === 'disabled',
    instance: operatorMade ? instance : undefined,
    annotatedGroup: selfManaged ? annotations[GROUP_ANNOTATION]?.trim() || undefined : undefined,
  };
}

/** The rows of {@link decide} that need nothing but the Pod's metadata; undefined when more must be known. */
export function skipByMetadata(facts: MetadataFacts): PodReason | undefined {
  if (!facts.operatorMade && !facts.selfManaged) return 'not-a-vmcp-pod';
  if (facts.mirror) return 'mirror-pod';
  return facts.optedOut ? 'opted-out' : undefined;
}

/**
 * Decides whether and how a Pod is changed. The tests read this table; exactly one row fits any Pod. `-` means either.
 *
 * | operator-made | self-managed | mirror | opted out | VirtualMCPServer known | group named | group exists | static | decision |
 * |---|---|---|---|---|---|---|---|---|
 * | no  | no  | -   | -   | -   | -   | -   | -   | skip: not-a-vmcp-pod |
 * | no  | yes | yes | -   | -   | -   | -   | -   | skip: mirror-pod |
 * | no  | yes | no  | yes | -   | -   | -   | -   | skip: opted-out |
 * | no  | yes | no  | no  | -   | no  | -   | -   | refuse: group-not-named |
 * | no  | yes | no  | no  | -   | yes | no  | -   | refuse: group-unknown |
 * | no  | yes | no  | no  | -   | yes | yes | -   | inject |
 * | yes | -   | yes | -   | -   | -   | -   | -   | skip: mirror-pod |
 * | yes | -   | no  | yes | -   | -   | -   | -   | skip: opted-out |
 * | yes | -   | no  | no  | no  | -   | -   | -   | skip: virtual-server-unknown |
 * | yes | -   | no  | no  | yes | no  | -   | -   | skip: group-not-named |
 * | yes | -   | no  | no  | yes | yes | -   | no  | relax: dynamic-mode |
 * | yes | -   | no  | no  | yes | yes | -   | yes | inject |
 *
 * With the setting `unknownGroup: allow`, `refuse` is `skip`. An operator-made Pod is injected although its MCPGroup does
 * not exist: to refuse it would stop a vMCP that runs today.
 */
export function decide(facts: Facts, settings: InjectionSettings): Decision {
  const reason = skipByMetadata(facts);
  if (reason) return { action: 'skip', reason };
  const { operatorMade, virtualServerKnown, groupNamed, groupExists, staticMode } = facts;
  const action = operatorMade || settings.unknownGroup === 'allow' ? 'skip' : 'refuse';
  if (operatorMade && !virtualServerKnown) return { action, reason: 'virtual-server-unknown' };
  if (!groupNamed) return { action, reason: 'group-not-named' };
  if (!operatorMade && !groupExists) return { action, reason: 'group-unknown' };
  if (operatorMade && !staticMode) return { action: 'relax', reason: 'dynamic-mode' };
  return { action: 'inject' };
}
