import type { JsonPatch } from '../admission/jsonPatch.ts';
import type { Lookup } from '../catalog/catalog.ts';
import type { FieldProblem } from '../kubernetes/read.ts';
import type { McpGroup } from '../toolhive/models/group.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import type { Reads } from './discovery/load.ts';
import { diffPatch } from './pod/patch.ts';
import type { Pod } from './pod/pod.ts';
import type { PodClass } from './pod/selector.ts';
import { type Note, POD_REASONS, type PodReason, type PodRefusal } from './report/reasons.ts';
import type { Report } from './report/report.ts';

/** What happens to a Pod. */
export interface Injection {
  readonly decision: 'injected' | 'relaxed' | 'skipped' | 'refused';
  readonly reason: PodReason;
  /** One sentence for a person, with the names of what is concerned. */
  readonly message: string;
  readonly group: string | undefined;
  /** The VirtualMCPServer of an operator-made Pod. */
  readonly virtualServer: string | undefined;
  /** Only when the config of the Pod was made. */
  readonly report: Report | undefined;
  /** What else is to be known: the notes of the report, or what was found in the config of a Pod that stays as it is. */
  readonly notes: readonly Note[];
  /** The Pod as it should be; the very object that came in when nothing changes. */
  readonly pod: unknown;
  readonly patch: JsonPatch;
}

/** What is known of a Pod by its metadata. */
interface Head {
  readonly pod: unknown;
  readonly podClass?: PodClass | undefined;
  readonly group?: string | undefined;
}

/** A vMCP Pod under review, with what the catalog knows of it. */
export interface Subject extends Head {
  /** The very object that came in. */
  readonly pod: Pod;
  readonly podClass: PodClass;
  readonly reads: Reads;
  readonly virtualServer: VirtualMcpServer | undefined;
  readonly group: string | undefined;
  readonly groupLookup: Lookup<McpGroup>;
}

/** What happens to a Pod. Without a plan the Pod stays as it is. */
export function outcome(
  { pod: given, podClass, group = podClass?.annotatedGroup }: Head,
  decision: Injection['decision'],
  { reason, message }: PodRefusal,
  notes: readonly Note[] = [],
  { pod, report }: Pick<Injection, 'pod' | 'report'> = { pod: given, report: undefined },
): Injection {
  const virtualServer = podClass?.instance;
  const patch = diffPatch(given, pod);
  return { decision, reason, message, group, virtualServer, report, notes, pod, patch };
}

/** A Pod about which its metadata has decided. */
export function skipped(pod: unknown, reason: PodReason, podClass?: PodClass): Injection {
  return outcome({ pod, podClass }, 'skipped', { reason, message: POD_REASONS[reason] });
}

/** A Pod that cannot be read. */
export function malformed(pod: unknown, [problem]: readonly FieldProblem[]): Injection {
  const message = `${problem?.field ?? ''}: ${problem?.message ?? 'not a Pod'}`;
  return outcome({ pod }, 'refused', { reason: 'malformed-pod', message });
}

/** A vMCP Pod with its config. */
export function injected(subject: Subject, plan: { pod: Pod; report: Report }): Injection {
  const { backends, leftOut, notes, placeholder } = plan.report;
  const reason = placeholder ? 'no-servable-backends' : 'injected';
  const message = `group "${subject.group}": ${backends.length} served, ${leftOut.length} left out`;
  return outcome(subject, 'injected', { reason, message }, notes, plan);
}

/** The sentence of a reason, with the names that concern the Pod and what to do. */
export function explain(reason: PodReason, subject: Subject): string {
  const { podClass, group, reads } = subject;
  const { namespace } = reads.view;
  const sentence = POD_REASONS[reason];
  const server = `VirtualMCPServer "${podClass.instance}"`;
  if (reason === 'group-not-named')
    return podClass.selfManaged
      ? `${sentence} Set the annotation vmcp-admission.dev/group to the name of an MCPGroup in the Pod's namespace.`
      : `${sentence} ${server} has no spec.groupRef.name.`;
  if (reason === 'group-unknown')
    return `MCPGroup "${group}", which the annotation vmcp-admission.dev/group names, does not exist in namespace "${namespace}"; create it first, or correct the annotation.`;
  if (reason === 'virtual-server-unknown')
    return `${server}, which the Pod's label names, does not exist in namespace "${namespace}".`;
  return sentence;
}
