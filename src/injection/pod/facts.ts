import type { McpGroup } from '../../toolhive/group.ts';
import type { VirtualMcpServer } from '../../toolhive/virtualServer.ts';
import { GROUP_ANNOTATION, INJECT, INSTANCE_LABEL, NAME_LABEL, OPERATOR_NAME } from '../contract.ts';
import type { PodHead } from './pod.ts';

/** Set by the kubelet on the mirror of a static Pod. Source: `kubetypes.ConfigMirrorAnnotationKey`. */
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** What can be said of a Pod by itself. */
export interface PodFacts {
  /** Made by the operator or self-managed: one of ours. */
  readonly vmcpPod: boolean;
  readonly operatorMade: boolean;
  readonly selfManaged: boolean;
  readonly mirror: boolean;
  readonly optedOut: boolean;
  /** Of an operator-made Pod: the name of its VirtualMCPServer. */
  readonly instance: string | undefined;
  /** Of a self-managed Pod: the group that its annotation names. */
  readonly annotatedGroup: string | undefined;
}

/** The truth table of {@link decide} in booleans. */
export interface Facts {
  readonly vmcpPod: boolean;
  readonly mirror: boolean;
  readonly optedOut: boolean;
  readonly selfManaged: boolean;
  readonly virtualServerKnown: boolean;
  readonly groupNamed: boolean;
  readonly groupExists: boolean;
  readonly staticMode: boolean;
}

/**
 * A first look at an untrusted object: whether its labels could make it a vMCP Pod. Everything else is no concern of ours,
 * whatever it holds, and costs no more than this.
 */
export function mayBeVmcpPod(raw: unknown): boolean {
  const labels = (raw as { metadata?: { labels?: unknown } | null } | null | undefined)?.metadata?.labels;
  if (typeof labels !== 'object' || labels === null) return false;
  const { [NAME_LABEL]: name, [INJECT]: inject } = labels as Readonly<Record<string, unknown>>;
  return name === OPERATOR_NAME || inject !== undefined;
}

/** Reads the labels and annotations that decide. A Pod with both sets of labels counts as operator-made. */
export function podFacts(pod: PodHead): PodFacts {
  const labels = pod.metadata?.labels ?? {};
  const annotations = pod.metadata?.annotations ?? {};
  const instance = labels[INSTANCE_LABEL] || undefined;
  const operatorMade = labels[NAME_LABEL] === OPERATOR_NAME && instance !== undefined;
  const label = labels[INJECT];
  // The label "disabled" beside a group says: mine, but not now. Beside nothing it is no Pod of ours.
  const disabledByLabel = label === 'disabled' && annotations[GROUP_ANNOTATION] !== undefined;
  const selfManaged = !operatorMade && (label === 'enabled' || disabledByLabel);
  return {
    vmcpPod: operatorMade || selfManaged,
    operatorMade,
    selfManaged,
    mirror:
      annotations[MIRROR_ANNOTATION] !== undefined ||
      (pod.metadata?.ownerReferences ?? []).some(({ kind }) => kind === 'Node'),
    optedOut: annotations[INJECT] === 'disabled' || (selfManaged && label === 'disabled'),
    instance: operatorMade ? instance : undefined,
    annotatedGroup: selfManaged ? annotations[GROUP_ANNOTATION]?.trim() || undefined : undefined,
  };
}

/** The facts that decide, from the Pod and what the catalog knows about its VirtualMCPServer and group. */
export function decisionFacts(
  pod: PodFacts,
  virtualServer: VirtualMcpServer | undefined,
  group: string | undefined,
  groupObject: McpGroup | undefined,
): Facts {
  return {
    vmcpPod: pod.vmcpPod,
    mirror: pod.mirror,
    optedOut: pod.optedOut,
    selfManaged: pod.selfManaged,
    virtualServerKnown: virtualServer !== undefined,
    groupNamed: group !== undefined,
    groupExists: groupObject !== undefined,
    staticMode: pod.selfManaged || virtualServer?.source === 'inline',
  };
}
