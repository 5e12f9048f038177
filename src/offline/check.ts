import type { Catalog } from '../catalog/catalog.ts';
import type { InputObject, KubernetesObject } from '../catalog/manifests/manifest.ts';
import { withDefaultNamespace } from '../catalog/manifests/namespace.ts';
import { Turns } from '../concurrency/turns.ts';
import { scopedPolicy } from '../injection/scopedPolicy.ts';
import { sameJson, textAt } from '../kubernetes/record.ts';
import { gatherFacts } from '../review/gather.ts';
import { judgeAlone, judgeChange } from '../rules/alone.ts';
import { judgeObject } from '../rules/checks.ts';
import { withExceptions } from '../rules/findings/exceptions.ts';
import { joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import { ratchet } from '../rules/findings/ratchet.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import { readForReview } from '../rules/form/malformed.ts';
import { checkObjectName } from '../rules/form/objectName.ts';
import { checkStoredDecoding } from '../rules/form/undecodable.ts';
import { checkKnownFields } from '../rules/form/unknownField.ts';
import { checkKind } from '../rules/form/unknownKind.ts';
import { checkPhase } from '../rules/phase.ts';
import { enforced } from '../rules/policy/enforcement.ts';
import { isExempt, type Policy } from '../rules/policy/policy.ts';
import type { Caller } from '../rules/policy/scopes.ts';
import { isModelled, type StoredKind, storedKind, type ToolhiveKind } from '../toolhive/kinds.ts';
import { withoutUnread } from './unread.ts';

/** The verdict on one object of the input. */
export interface CheckedObject {
  readonly document: InputObject;
  readonly namespace: string;
  readonly name: string;
  /** The scope of the policy that decided; absent for its top level. */
  readonly scope?: string;
  readonly verdict: Verdict;
}

export interface OfflineDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
  /** Who applies the files; undefined when that is not known, and no scope for users or groups matches. */
  readonly caller?: Caller | undefined;
  readonly now: Date;
  readonly signal: AbortSignal;
  /** The stored object that an object of a file would replace. Absent, each is judged as if it were created. */
  readonly replaced?: (object: KubernetesObject) => KubernetesObject | undefined;
  /** The kinds of which the objects of a namespace are not known: nothing is said to be missing of them. */
  readonly unread?: (namespace: string) => ReadonlySet<string>;
}

/** An object under review. */
interface Subject {
  readonly object: KubernetesObject;
  readonly namespace: string;
  readonly deps: OfflineDeps;
}

/** The verdict on the spec of an object that the catalog models, and on the phase that an entry claims. */
async function judgeModel(
  kind: ToolhiveKind,
  { object, namespace, deps }: Subject,
  stored: boolean,
): Promise<Verdict> {
  const { catalog, policy, now, signal } = deps;
  const read = readForReview(kind, object, namespace, policy);
  if (!read.ok) return read.verdict;
  const spec = judgeObject(read.object, await gatherFacts(read.object, catalog, { now, signal }), policy);
  if (read.object.kind !== 'MCPServerEntry') return spec;
  const entry = read.object;
  const phase = stored ? checkPhase(entry, entry, spec.denials[0]) : checkPhase(entry, undefined, undefined);
  return joinVerdicts(spec, toVerdict(phase, policy));
}

/** The verdict on an object by itself and among all others. */
async function judgeKind(kind: StoredKind, subject: Subject, stored = false): Promise<Verdict> {
  const { object, namespace, deps } = subject;
  const alone = joinVerdicts(
    judgeAlone(kind, object, namespace, deps.policy),
    toVerdict(stored ? checkStoredDecoding(kind, object) : [], deps.policy),
  );
  return isModelled(kind) ? joinVerdicts(alone, await judgeModel(kind, subject, stored)) : alone;
}

/**
 * True when the webhook would compare the violations of an update with those of the old object: always, but for an object
 * that cannot be read and whose spec changes.
 */
function isComparable(
  kind: StoredKind,
  old: KubernetesObject,
  { object, namespace, deps }: Subject,
): boolean {
  return (
    !isModelled(kind) ||
    readForReview(kind, object, namespace, deps.policy).ok ||
    sameJson(object.spec, old.spec)
  );
}

/** The verdict on an object that replaces a stored one, as the webhook gives it on the update. */
async function judgeUpdate(kind: StoredKind, old: KubernetesObject, subject: Subject): Promise<Verdict> {
  const verdict = await judgeKind(kind, subject);
  const change = judgeChange(kind, old, subject.object, subject.deps.policy);
  if (verdict.denials.length === 0 || !isComparable(kind, old, subject)) return joinVerdicts(verdict, change);
  return joinVerdicts(ratchet(verdict, await judgeKind(kind, { ...subject, object: old })), change);
}

/** The verdict on an object of a file, or on one that is meant as an object of ToolHive; undefined for any other. */
async function judgeFile(subject: Subject): Promise<Verdict | undefined> {
  const { object, deps } = subject;
  const { policy } = deps;
  const kind = storedKind(object);
  if (kind === undefined) {
    const verdict = toVerdict(checkKind(object), policy);
    return verdict.denials.length + verdict.warnings.length > 0 ? verdict : undefined;
  }
  const old = deps.replaced?.(object);
  const verdict = await (old === undefined ? judgeKind(kind, subject) : judgeUpdate(kind, old, subject));
  return joinVerdicts(
    verdict,
    toVerdict([...checkKnownFields(kind, object), ...checkObjectName(object)], policy),
  );
}

/** The policy for one object. A stored object has no caller. */
async function policyOf(
  kind: StoredKind,
  namespace: string,
  name: string,
  { file }: InputObject,
  deps: OfflineDeps,
): Promise<Policy> {
  const { policy, catalog, now } = deps;
  const caller = file === undefined ? undefined : deps.caller;
  return withExceptions(
    await scopedPolicy(policy, catalog, namespace, deps, caller),
    { kind, namespace, name },
    now,
  );
}

async function review(document: InputObject, deps: OfflineDeps): Promise<CheckedObject | undefined> {
  const object = withDefaultNamespace(document.object);
  const namespace = textAt(object, 'metadata', 'namespace') ?? '';
  if (isExempt(deps.policy, namespace)) return undefined;
  const name = textAt(object, 'metadata', 'name') ?? textAt(object, 'metadata', 'generateName') ?? '';
  const kind = storedKind(object);
  const policy = kind ? await policyOf(kind, namespace, name, document, deps) : deps.policy;
  const subject = { object, namespace, deps: { ...deps, policy } };
  // The API server has dropped the fields that the CRD does not know, so those of a stored object are known.
  const verdict = await (document.file === undefined
    ? kind && judgeKind(kind, subject, true)
    : judgeFile(subject));
  if (verdict === undefined) return undefined;
  const unread = deps.unread?.(namespace) ?? NONE;
  const { scope } = policy;
  return {
    document,
    namespace,
    name,
    ...(scope !== undefined && { scope }),
    verdict: enforced(withoutUnread(verdict, unread), policy),
  };
}

const NONE: ReadonlySet<string> = new Set();
/** Objects that are reviewed at a time: each may wait for a ConfigMap of a live cluster. */
const REVIEWS_AT_A_TIME = 16;

/**
 * Reviews every ToolHive object of the input with the engine of the webhook: one of a file as if it were being applied now
 * and all the others existed, one of a live cluster as it is stored. Objects in namespaces that the policy exempts are left
 * out.
 */
export async function reviewManifests(
  documents: readonly InputObject[],
  deps: OfflineDeps,
): Promise<CheckedObject[]> {
  const turns = new Turns(REVIEWS_AT_A_TIME);
  const reviews = documents.map((document) => turns.run(() => review(document, deps)));
  return (await Promise.all(reviews)).filter((checked) => checked !== undefined);
}
