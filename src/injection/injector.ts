import type { JsonPatch } from '../admission/jsonPatch.ts';
import { type Catalog, untilRead } from '../catalog/catalog.ts';
import type { FieldProblem } from '../kubernetes/read.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import { findAuthServer } from './auth/authServer.ts';
import { findBase } from './config/load.ts';
import { freshMembers } from './discovery/freshness.ts';
import { findVirtualServer, gather, hasGroup } from './discovery/load.ts';
import { relaxDynamic } from './dynamicMode.ts';
import { diffPatch } from './pod/patch.ts';
import { type Pod, readPod, readPodHead } from './pod/pod.ts';
import { classify, decide, mayBeVmcpPod, skipByMetadata } from './pod/selector.ts';
import type { Readers } from './readers.ts';
import { type Note, POD_REASONS, type PodReason } from './report/reasons.ts';
import type { Report } from './report/report.ts';
import type { InjectionSettings } from './settings.ts';
import { planStatic } from './staticMode.ts';

export interface InjectionDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly settings: InjectionSettings;
  readonly readers: Readers;
}

/** What happens to a Pod. */
export interface Injection {
  readonly decision: 'injected' | 'relaxed' | 'skipped' | 'refused';
  readonly reason: PodReason;
  /** One sentence for a person, with the names of what is concerned. */
  readonly message: string;
  readonly group: string | undefined;
  /** Of an operator-made Pod: its VirtualMCPServer. */
  readonly virtualServer: string | undefined;
  /** Only when the config of the Pod was made. */
  readonly report: Report | undefined;
  /** The Pod as it should be; the very object that came in when nothing changes. */
  readonly pod: unknown;
  readonly patch: JsonPatch;
}

/** One Pod under review, with what is known before anything is read. */
interface Subject {
  readonly raw: unknown;
  readonly pod: Pod;
  readonly namespace: string;
  readonly group: string | undefined;
  readonly groupExists: boolean;
  readonly instance: string | undefined;
  readonly virtualServer: VirtualMcpServer | undefined;
}

function unchanged(
  subject: Pick<Subject, 'raw' | 'group' | 'instance'>,
  decision: 'skipped' | 'refused',
  reason: PodReason,
  message: string,
): Injection {
  const { raw, group, instance } = subject;
  return {
    decision,
    reason,
    message,
    group,
    virtualServer: instance,
    report: undefined,
    pod: raw,
    patch: [],
  };
}

/** A Pod whose config cannot be injected stays as it is, with the reason; refused only by setting. */
function unusable(subject: Subject, deps: InjectionDeps, reason: PodReason, message: string): Injection {
  const decision = deps.settings.unusableConfig === 'refuse' ? 'refused' : 'skipped';
  return unchanged(subject, decision, reason, message);
}

async function fill(
  subject: Subject & { readonly group: string },
  deps: InjectionDeps,
  signal: AbortSignal,
  now: Date,
): Promise<Injection> {
  const { catalog, policy, readers } = deps;
  const { raw, pod, namespace, group, virtualServer, instance } = subject;
  const view = catalog.namespace(namespace);
  const known = view.members(group);
  const found = await findBase(pod, namespace, deps, signal);
  if ('reason' in found) return unusable(subject, deps, found.reason, found.message);
  const fresh = virtualServer
    ? await freshMembers(catalog, namespace, group, known, found.base, signal)
    : { members: known, notes: [] };
  const { members } = fresh;
  const gathered = await gather(catalog, view, members, virtualServer, signal);
  const notes: Note[] = [...fresh.notes];
  if (!subject.groupExists)
    notes.push({
      kind: 'Pod',
      name: '',
      reason: 'group-missing',
      message: `MCPGroup "${group}" does not exist; its members were found by their groupRef`,
    });
  const { base, configMap: baseConfigMap, key: baseKey } = found;
  const facts = {
    ...gathered,
    view,
    policy,
    now,
    group,
    members,
    virtualServer,
    base,
    baseConfigMap,
    baseKey,
    authServer: virtualServer
      ? virtualServer.authServer
      : await findAuthServer(baseConfigMap, found.source.authServer?.key, readers.authServer),
    hasCertificate: readers.hasCertificate,
  };
  const plan = planStatic({ pod, source: found.source, read: facts, earlier: notes, settle: readers.settle });
  if (!plan.ok) return unusable(subject, deps, plan.reason, plan.message);
  const reason = plan.report.placeholder ? 'no-servable-backends' : 'injected';
  return {
    decision: 'injected',
    reason,
    message: `group "${group}": ${plan.report.backends.length} served, ${plan.report.leftOut.length} left out`,
    group,
    virtualServer: instance,
    report: plan.report,
    pod: plan.pod,
    patch: diffPatch(raw, plan.pod),
  };
}

function explain(reason: PodReason, subject: Subject, selfManaged: boolean): string {
  const sentence = POD_REASONS[reason];
  const { group, instance } = subject;
  if (reason === 'group-not-named')
    return selfManaged
      ? `${sentence} Set the annotation vmcp-admission.dev/group to the name of an MCPGroup in the Pod's namespace.`
      : `${sentence} VirtualMCPServer "${instance}" has no spec.groupRef.name.`;
  if (reason === 'group-unknown')
    return `MCPGroup "${group}", which the annotation vmcp-admission.dev/group names, does not exist in namespace "${subject.namespace}"; create it first, or correct the annotation.`;
  if (reason === 'virtual-server-unknown')
    return `VirtualMCPServer "${instance}", which the Pod's label names, does not exist in namespace "${subject.namespace}".`;
  return sentence;
}

function problemText([problem]: readonly FieldProblem[]): string {
  return `${problem?.field ?? ''}: ${problem?.message ?? 'not a Pod'}`;
}

/**
 * Decides about one Pod and makes the patch: the same for the webhook and for `inject`. Reads only through the catalog, and
 * waits for it unless the Pod alone decides. Rejects with CatalogNotRead when it is not complete before the deadline.
 * @param raw the Pod as it came, untrusted
 * @param namespace where it is going to be created
 */
export async function injectPod(
  raw: unknown,
  namespace: string,
  deps: InjectionDeps,
  context: { readonly signal: AbortSignal; readonly now: Date },
): Promise<Injection> {
  const { catalog, settings } = deps;
  const nobody = { raw, group: undefined, instance: undefined };
  if (!mayBeVmcpPod(raw))
    return unchanged(nobody, 'skipped', 'not-a-vmcp-pod', POD_REASONS['not-a-vmcp-pod']);
  const head = readPodHead(raw);
  if (!head.ok) return unchanged(nobody, 'refused', 'malformed-pod', problemText(head.problems));
  const found = classify(head.pod);
  const { instance, annotatedGroup } = found;
  const skip = skipByMetadata(found);
  if (skip) return unchanged({ raw, group: annotatedGroup, instance }, 'skipped', skip, POD_REASONS[skip]);
  const read = readPod(raw);
  if (!read.ok) return unchanged(nobody, 'refused', 'malformed-pod', problemText(read.problems));
  const { pod } = read;
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, context.signal);
  const virtualServer =
    instance === undefined
      ? undefined
      : await findVirtualServer(catalog, namespace, instance, context.signal);
  const view = catalog.namespace(namespace);
  const group = found.operatorMade ? virtualServer?.group : annotatedGroup;
  const groupExists = await hasGroup(catalog, namespace, group, context.signal);
  const subject: Subject = { raw, pod, namespace, group, groupExists, instance, virtualServer };
  const facts = {
    ...found,
    virtualServerKnown: virtualServer !== undefined,
    groupNamed: group !== undefined,
    groupExists,
    staticMode: virtualServer?.source === 'inline',
  };
  const decision = decide(facts, settings);
  if (decision.action === 'skip' || decision.action === 'refuse')
    return unchanged(
      subject,
      decision.action === 'skip' ? 'skipped' : 'refused',
      decision.reason,
      explain(decision.reason, subject, found.selfManaged),
    );
  if (group === undefined)
    return unchanged(subject, 'skipped', 'group-not-named', POD_REASONS['group-not-named']);
  if (decision.action === 'inject') return fill({ ...subject, group }, deps, context.signal, context.now);
  const relaxedPod = relaxDynamic(pod, group, view.members(group), virtualServer, view);
  return {
    decision: relaxedPod === pod ? 'skipped' : 'relaxed',
    reason: decision.reason,
    message: POD_REASONS[decision.reason],
    group,
    virtualServer: instance,
    report: undefined,
    pod: relaxedPod,
    patch: diffPatch(raw, relaxedPod),
  };
}
