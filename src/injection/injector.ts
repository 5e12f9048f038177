import { assertFollowed, type Catalog, type Lookup, ObjectNotRead, untilRead } from '../catalog/catalog.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { configProblems } from '../toolhive/vmcpConfig/configProblems.ts';
import { findAuthServer } from './auth/authServer.ts';
import { InjectionCache } from './cache.ts';
import { type FoundBase, findBase } from './config/load.ts';
import { startFault, startNotes } from './config/startNotes.ts';
import type { InjectionSettings } from './contract.ts';
import { findNamed, freshMembers, gather, type Reads } from './discovery/load.ts';
import { planDynamic } from './dynamicMode.ts';
import { readPod, readPodHead } from './pod/pod.ts';
import { classify, decide, mayBeVmcpPod, type PodClass, skipByMetadata } from './pod/selector.ts';
import { type Note, type PodRefusal, podNote } from './report/reasons.ts';
import { explain, type Injection, injected, malformed, outcome, type Subject, skipped } from './result.ts';
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
   * and waits for it unless the Pod alone decides. Rejects with CatalogNotRead when it is not complete before the deadline,
   * with NamespaceNotFollowed when it never has the namespace, and with ObjectNotRead when the VirtualMCPServer, or the
   * group of a self-managed Pod, is not in it and cannot be read.
   * @param pod the Pod as it came, untrusted
   * @param namespace where it is going to be created
   */
  inject(pod: unknown, namespace: string, context: InjectionContext): Promise<Injection>;
}

/** One request, with everything that it is answered from. */
interface Request extends InjectionDeps {
  readonly cache: InjectionCache;
  readonly context: InjectionContext;
}

/** Returns an injector with a cache of its own. */
export function createInjector(deps: InjectionDeps): Injector {
  const cache = new InjectionCache();
  return { inject: (pod, namespace, context) => inject(pod, namespace, { ...deps, cache, context }) };
}

async function inject(raw: unknown, namespace: string, request: Request): Promise<Injection> {
  if (!mayBeVmcpPod(raw)) return skipped(raw, 'not-a-vmcp-pod');
  const head = readPodHead(raw);
  if (!head.ok) return malformed(raw, head.problems);
  const podClass = classify(head.value);
  const reason = skipByMetadata(podClass);
  if (reason) return skipped(raw, reason, podClass);
  const read = readPod(raw);
  if (!read.ok) return malformed(raw, read.problems);
  const { catalog, context, settings } = request;
  assertFollowed(catalog, namespace);
  if (catalog.readiness?.complete === false) await untilRead(catalog.readiness, context.signal);
  const reads = () => ({ catalog, view: catalog.namespace(namespace), signal: context.signal });
  const found = await findGroup(podClass, reads());
  // The view comes after the reads: of a new namespace the catalog may have had nothing before.
  const subject = { pod: read.value, podClass, reads: reads(), ...found };
  const injection = await injectSubject(subject, request);
  return settings.failingConfig === 'refuse' ? refuseFailing(subject, injection) : injection;
}

/** The lookup of an object that decides about a Pod. Nothing makes the Pod again, so a failed read does not let it through. */
function decisive<T>(object: string, lookup: Lookup<T>): Lookup<T> {
  if (lookup.state === 'unavailable') throw new ObjectNotRead(object, lookup.reason);
  return lookup;
}

/** Finds the VirtualMCPServer and the group of a Pod. The group of an operator-made one decides nothing. */
async function findGroup({ instance, operatorMade, annotatedGroup }: PodClass, reads: Reads) {
  const found = decisive(
    `VirtualMCPServer "${instance}"`,
    await findNamed(reads, 'VirtualMCPServer', instance),
  );
  const virtualServer = found.state === 'found' ? found.value : undefined;
  const group = operatorMade ? virtualServer?.group : annotatedGroup;
  const lookup = await findNamed(reads, 'MCPGroup', group);
  const groupLookup = operatorMade ? lookup : decisive(`MCPGroup "${group}"`, lookup);
  return { virtualServer, group, groupLookup };
}

/** Decides by the truth table of {@link decide}, and carries the decision out. */
async function injectSubject(subject: Subject, request: Request): Promise<Injection> {
  const { podClass, virtualServer, group, groupLookup } = subject;
  const facts = {
    ...podClass,
    virtualServerKnown: virtualServer !== undefined,
    groupNamed: group !== undefined,
    groupExists: groupLookup.state === 'found',
    staticMode: virtualServer?.source === 'inline',
  };
  const decision = decide(facts, request.settings);
  if (decision.action === 'inject') return injectStatic(subject, request);
  const { action, reason } = decision;
  const why = { reason, message: explain(reason, subject) };
  if (action === 'refuse') return outcome(subject, 'refused', why);
  const found = await baseOf(subject, request);
  const notes = 'reason' in found ? [] : baseNotes(found);
  if (action === 'skip' || !virtualServer) return outcome(subject, 'skipped', why, notes);
  const plan = planDynamic(subject.pod, virtualServer, notes);
  return outcome(subject, plan.pod === subject.pod ? 'skipped' : 'relaxed', why, notes, plan);
}

/** Refuses a Pod whose vMCP would end at start: so its ReplicaSet gets an event that says why. */
function refuseFailing(subject: Subject, injection: Injection): Injection {
  const fault = startFault(injection.notes);
  if (fault === undefined) return injection;
  return outcome(subject, 'refused', { reason: 'config-rejected', message: fault });
}

function baseOf({ pod, reads }: Subject, { cache }: Request): Promise<FoundBase | PodRefusal> {
  return findBase(pod, reads, cache.base);
}

/** What ends the vMCP of a Pod that reads its base config as it is. */
function baseNotes({ source: { container }, base }: FoundBase): Note[] {
  const set = new Set((container.env ?? []).map(({ name }) => name));
  const mayBeSet = (container.envFrom ?? []).length > 0;
  return startNotes(configProblems(base.data, (name) => mayBeSet || set.has(name)));
}

function groupNotes({ group, groupLookup }: Subject): readonly Note[] {
  if (groupLookup.state !== 'missing') return [];
  const message = `MCPGroup "${group}" does not exist; its members were found by their groupRef`;
  return [podNote('group-missing', message)];
}

/** Reads everything that the config of a static vMCP is made from; the rest is pure. */
async function loadStatic(subject: Subject, request: Request) {
  const { reads, virtualServer, group = '' } = subject;
  const { view } = reads;
  const { now } = request.context;
  const found = await baseOf(subject, request);
  if ('reason' in found) return found;
  const { base, configMap, source } = found;
  const { members, notes } = await freshMembers(reads, group, virtualServer && base);
  const gathered = await gather(reads, members, virtualServer);
  const authServer = virtualServer
    ? virtualServer.authServer
    : await findAuthServer(configMap, source.authServer?.key, request.cache.authServer);
  const policy = await scopedPolicy(request.policy, request.catalog, view.namespace, reads);
  const read = { ...gathered, base, authServer, view, policy, now, group, members, virtualServer };
  return { found, read, earlier: [...notes, ...groupNotes(subject)] };
}

async function injectStatic(subject: Subject, request: Request): Promise<Injection> {
  const { settings, cache, context } = request;
  // A config that cannot be injected leaves the Pod as it is; refused only by setting.
  const decision = settings.unusableConfig === 'refuse' ? 'refused' : 'skipped';
  const load = () => loadStatic(subject, request);
  const loaded = await (context.step ? context.step('gather', load) : load());
  if ('reason' in loaded) return outcome(subject, decision, loaded);
  const plan = planStatic({ pod: subject.pod, ...loaded, merge: (facts) => cache.merged(facts) });
  // Nothing can be merged into the base config: the vMCP reads it as it is.
  if ('reason' in plan) return outcome(subject, decision, plan, baseNotes(loaded.found));
  return injected(subject, plan);
}
