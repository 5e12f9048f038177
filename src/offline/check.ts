import type { Catalog } from '../catalog/catalog.ts';
import type { ManifestDocument } from '../catalog/manifests/manifest.ts';
import { withDefaultNamespace } from '../catalog/manifests/namespace.ts';
import { gatherFacts } from '../review/gather.ts';
import { isJudgedAlone, judgeAlone } from '../rules/alone.ts';
import { hasChecks, judgeObject } from '../rules/checks.ts';
import { joinVerdicts, toVerdict } from '../rules/levels.ts';
import { readForReview } from '../rules/malformed.ts';
import { checkPhase } from '../rules/phase.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Verdict } from '../rules/verdict.ts';
import { isModelled, type StoredKind, storedKind, type ToolhiveKind } from '../toolhive/kinds.ts';

/** True for a kind that some rule looks at. */
function isJudged(kind: StoredKind): boolean {
  return isJudgedAlone(kind) || (isModelled(kind) && hasChecks(kind));
}

/** The verdict on one object of the input. */
export interface CheckedObject {
  readonly document: ManifestDocument;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: Verdict;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
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

async function judge(kind: StoredKind, raw: unknown, namespace: string, deps: OfflineDeps): Promise<Verdict> {
  const alone = judgeAlone(kind, raw, namespace, deps.policy);
  return isModelled(kind) ? joinVerdicts(alone, await judgeModel(kind, raw, namespace, deps)) : alone;
}

export interface OfflineDeps {
  readonly catalog: Catalog;
  readonly policy: Policy;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/**
 * Reviews every object of a reviewed kind in the input, as if each were being created now and all the others existed.
 * The same engine as in the cluster; namespaces that the policy exempts are passed over.
 */
export async function reviewManifests(
  documents: readonly ManifestDocument[],
  deps: OfflineDeps,
): Promise<CheckedObject[]> {
  const checked: CheckedObject[] = [];
  for (const document of documents) {
    const kind = storedKind(document.object);
    if (kind === undefined || !isJudged(kind)) continue;
    const raw = withDefaultNamespace(document.object);
    const metadata = (raw.metadata ?? {}) as {
      name?: unknown;
      generateName?: unknown;
      namespace?: unknown;
    };
    const namespace = text(metadata.namespace);
    if (deps.policy.exemptNamespaces.has(namespace)) continue;
    checked.push({
      document,
      namespace,
      name: text(metadata.name) || text(metadata.generateName),
      verdict: await judge(kind, raw, namespace, deps),
    });
  }
  return checked;
}
