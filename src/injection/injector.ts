import { type Catalog, untilRead } from '../catalog/catalog.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { configProblems } from '../toolhive/vmcpConfig/configProblems.ts';
import { findAuthServer } from './auth/authServer.ts';
import { InjectionCache } from './cache.ts';
import { type BaseFailure, type FoundBase, findBase } from './config/load.ts';
import { startFault, startNotes } from './config/startNotes.ts';
import type { InjectionSettings } from './contract.ts';
import { findGroup, findVirtualServer, freshMembers, gather } from './discovery/load.ts';
import { planDynamic } from './dynamicMode.ts';
import { type Pod, readPod, readPodHead } from './pod/pod.ts';
import { classify, decide, mayBeVmcpPod, type PodClass, skipByMetadata } from './pod/selector.ts';
import { type Note, type PodReason, podNote } from './report/reasons.ts';
import type { StaticFacts } from './resolve.ts';
import {
  explain,
  type Injection,
  injected,
  malformed,
  relaxed,
  type Subject,
  skippedByMetadata,
  unchanged,
} from './result.ts';
import { scopedPolicy } from './scopedPolicy.ts';
import { planStatic } from './staticMode.ts';

export type { Injection } from './result.ts';

export interface InjectionDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly settings: InjectionSettings;
}

/** What belongs to one request. */
export interface InjectionContext {
  readonly signal: AbortSignal;
  readonly now: Date;
  /** Takes the time of a part of the injection. Absent for one that is not traced. */
  readonly step?: (<T>(name: string, work: () => Promise<T>) => Promise<T>) | undefined;
}

export interface Injector {
  /**
   * Decides about one Pod and makes the patch: the same for the webhook and for `inject`. Reads only through the catalog,
   * and waits for it unless the Pod alone decides. Rejects with CatalogNotRead when it is not complete before the deadline.
   * @param pod the Pod as it came, untrusted
   * @param namespace where it is going to be created
   */
  inject(pod: unknown, namespace: string, context: InjectionContext): Promise<Injection>;
}

interface Engine extends InjectionDeps {
  readonly cache: InjectionCache;
}

/** Returns an injector with a cache of its own. */
export function createInjector(deps: InjectionDeps): Injector {
  const engine = { ...deps, cache: new InjectionCache() };
  return { inject: (pod, namespace, context) => inject(pod, namespace, engine, context) };
}

async function inject(
  raw: unknown,
  namespace: string,
  engine: Engine,
  context: InjectionContext,
): Promise<Injection> {
  if (!mayBeVmcpPod(raw)) return skippedByMetadata(raw, 'not-a-vmcp-pod');
  const head = readPodHead(raw);
  if (!head.ok) return malformed(raw, head.problems);
  const podClass = classify(head.pod);
  const reason = skipByMetadata(podClass);
  if (reason) return skippedByMetadata(raw, reason, podClass);
  const read = readPod(raw);
  if (!read.ok) return malformed(raw, read.problems);
  const subject = await findSubject(read.pod, podClass, namespace, engine, context.signal);
  return injectSubject({ raw, ...subject }, engine, context);
}

/** Waits for the catalog, then finds the VirtualMCPServer and the group. */
async function findSubject(
  pod: Pod,
  podClass: PodClass,
  namespace: string,
  { catalog }: Engine,
  signal: AbortSignal,
): Promise<Omit<Subject, 'raw'>> {
  const { instance, operatorMade, annotatedGroup } = podClass;
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, signal);
  const virtualServer =
    instance === undefined ? undefined : await findVirtualServer(catalog, namespace, instance, signal);
  const group = operatorMade ? virtualServer?.group : annotatedGroup;
  const groupLookup = await findGroup(catalog, namespace, group, signal);
  return { pod, podClass, view: catalog.namespace(namespace), virtualServer, group, groupLookup };
}

/** Decides by the truth table of {@link decide}, and carries the decision out. */
async function injectSubject(
  subject: Subject,
  engine: Engine,
  context: InjectionContext,
): Promise<Injection> {
  const { podClass, virtualServer, group, groupLookup } = subject;
  const facts = {
    ...podClass,
    virtualServerKnown: virtualServer !== undefined,
    groupNamed: group !== undefined,
    groupExists: groupLookup.state === 'found',
    staticMode: virtualServer?.source === 'inline',
  };
  const decision = decide(facts, engine.settings);
  if (decision.action === 'inject') return injectStatic(subject, engine, context);
  if (decision.action === 'relax' && virtualServer)
    return injectDynamic({ ...subject, virtualServer }, engine, context);
  const { action, reason } = decision;
  const message = explain(reason, subject);
  if (action === 'refuse') return unchanged(subject, 'refused', reason, message);
  const notes = await configNotes(subject, engine, context.signal);
  return doomed(subject, engine, notes) ?? unchanged(subject, 'skipped', reason, message, notes);
}

/** A config that cannot be injected leaves the Pod as it is; refused only by setting. */
function unusable(subject: Subject, { settings }: Engine, reason: PodReason, message: string): Injection {
  return unchanged(subject, settings.unusableConfig === 'refuse' ? 'refused' : 'skipped', reason, message);
}

/** A base config that was read and that nothing can be merged into: the vMCP reads it as it is. */
function unmerged(subject: Subject, engine: Engine, found: FoundBase, why: BaseFailure): Injection {
  const notes = baseNotes(subject.pod, found);
  return doomed(subject, engine, notes) ?? { ...unusable(subject, engine, why.reason, why.message), notes };
}

function groupNotes({ group, groupLookup }: Subject): readonly Note[] {
  if (groupLookup.state !== 'missing') return [];
  const message = `MCPGroup "${group}" does not exist; its members were found by their groupRef`;
  return [podNote('group-missing', message)];
}

/** Reads everything that the config of a static vMCP is made from; the rest is pure. */
async function loadStatic(subject: Subject, engine: Engine, { signal, now }: InjectionContext) {
  const { catalog, cache } = engine;
  const { pod, view, virtualServer, group = '' } = subject;
  const found = await findBase(pod, view.namespace, catalog, (text) => cache.base(text), signal);
  if ('reason' in found) return found;
  const { base, configMap, source } = found;
  const { members, notes } = await freshMembers(catalog, view, group, virtualServer && base, signal);
  const gathered = await gather(catalog, view, members, virtualServer, signal);
  const authServer = virtualServer
    ? virtualServer.authServer
    : await findAuthServer(configMap, source.authServer?.key, (text) => cache.authServer(text));
  const policy = await scopedPolicy(engine.policy, catalog, view.namespace, { signal });
  const read = { ...gathered, base, authServer, view, policy, now, group, members, virtualServer };
  return { found, read, notes };
}

async function injectStatic(subject: Subject, engine: Engine, context: InjectionContext): Promise<Injection> {
  const load = () => loadStatic(subject, engine, context);
  const loaded = await (context.step ? context.step('gather', load) : load());
  if ('reason' in loaded) return unusable(subject, engine, loaded.reason, loaded.message);
  const { found, read, notes } = loaded;
  const earlier = [...notes, ...groupNotes(subject)];
  const merge = (facts: StaticFacts) => engine.cache.merged(facts);
  const plan = planStatic({ pod: subject.pod, found, read, earlier, merge });
  if (!plan.ok) return unmerged(subject, engine, found, plan);
  return doomed(subject, engine, plan.report.notes) ?? injected(subject, plan.pod, plan.report);
}

/** A Pod whose vMCP would end at start, when the setting refuses it: so its ReplicaSet gets an event that says why. */
function doomed(subject: Subject, { settings }: Engine, notes: readonly Note[]): Injection | undefined {
  const fault = settings.failingConfig === 'refuse' ? startFault(notes) : undefined;
  return fault === undefined ? undefined : unchanged(subject, 'refused', 'config-rejected', fault);
}

/** What ends the vMCP of a Pod that reads its base config as it is. */
function baseNotes(pod: Pod, { source, base }: FoundBase): Note[] {
  const container = pod.spec.containers[source.container];
  const set = new Set((container?.env ?? []).map(({ name }) => name));
  const mayBeSet = (container?.envFrom ?? []).length > 0;
  return startNotes(configProblems(base.data, (name) => mayBeSet || set.has(name)));
}

/** As {@link baseNotes}; nothing when the base config cannot be found or read. */
async function configNotes(
  { pod, view }: Subject,
  { catalog, cache }: Engine,
  signal: AbortSignal,
): Promise<Note[]> {
  const found = await findBase(pod, view.namespace, catalog, (text) => cache.base(text), signal);
  return 'reason' in found ? [] : baseNotes(pod, found);
}

async function injectDynamic(
  subject: Subject & { readonly virtualServer: VirtualMcpServer },
  engine: Engine,
  { signal }: InjectionContext,
): Promise<Injection> {
  const notes = await configNotes(subject, engine, signal);
  const plan = planDynamic(subject.pod, subject.virtualServer, notes);
  return doomed(subject, engine, notes) ?? relaxed(subject, plan.pod, plan.report);
}
