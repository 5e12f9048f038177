import type { Catalog } from '../catalog/catalog.ts';
import type { KubernetesObject, ManifestDocument } from '../catalog/manifests/manifest.ts';
import { withDefaultNamespace } from '../catalog/manifests/namespace.ts';
import { textAt } from '../kubernetes/record.ts';
import { gatherFacts } from '../review/gather.ts';
import { judgeAlone } from '../rules/alone.ts';
import { judgeObject } from '../rules/checks.ts';
import { joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import { readForReview } from '../rules/malformed.ts';
import { checkPhase } from '../rules/phase.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { checkKnownFields } from '../rules/unknownField.ts';
import { checkKind } from '../rules/unknownKind.ts';
import { isModelled, storedKind, type ToolhiveKind } from '../toolhive/kinds.ts';

/** The verdict on one object of the input. */
export interface CheckedObject {
  readonly document: ManifestDocument;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: Verdict;
}

async function judgeModel(
  kind: ToolhiveKind,
  raw: unknown,
  namespace: string,
  deps: OfflineDeps,
): Promise<Verdict> {
  const { catalog, policy, now, signal } = deps;
  const read = readForReview(kind, raw, namespace, policy);
  if (!read.ok) return read.verdict;
  const spec = judgeObject(read.object, await gatherFacts(read.object, catalog, { now, signal }), policy);
  if (read.object.kind !== 'MCPServerEntry') return spec;
  const phase = toVerdict(checkPhase(read.object, undefined, undefined), policy);
  return joinVerdicts(spec, phase);
}

/** The verdict on an object of ToolHive, or on one that is meant as one; undefined for any other object. */
async function judge(
  object: KubernetesObject,
  namespace: string,
  deps: OfflineDeps,
): Promise<Verdict | undefined> {
  const { policy } = deps;
  const kind = storedKind(object);
  if (kind === undefined) {
    const verdict = toVerdict(checkKind(object), policy);
    return verdict.denials.length + verdict.warnings.length > 0 ? verdict : undefined;
  }
  const alone = joinVerdicts(
    judgeAlone(kind, object, namespace, policy),
    toVerdict(checkKnownFields(kind, object), policy),
  );
  return isModelled(kind) ? joinVerdicts(alone, await judgeModel(kind, object, namespace, deps)) : alone;
}

export interface OfflineDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/**
 * Reviews every ToolHive object of the input, as if each were being created now and all the others existed. The same engine
 * as in the cluster; objects in namespaces that the policy exempts are left out.
 */
export async function reviewManifests(
  documents: readonly ManifestDocument[],
  deps: OfflineDeps,
): Promise<CheckedObject[]> {
  const checked: CheckedObject[] = [];
  for (const document of documents) {
    const object = withDefaultNamespace(document.object);
    const namespace = textAt(object, 'metadata', 'namespace') ?? '';
    if (deps.policy.exemptNamespaces.has(namespace)) continue;
    const verdict = await judge(object, namespace, deps);
    if (verdict === undefined) continue;
    const name = textAt(object, 'metadata', 'name') ?? textAt(object, 'metadata', 'generateName') ?? '';
    checked.push({ document, namespace, name, verdict });
  }
  return checked;
}
