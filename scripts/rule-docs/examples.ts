import { parse } from 'yaml';
import type { Outcome } from '../../src/admission/outcome.ts';
import type { AdmissionRequest } from '../../src/admission/review.ts';
import type { KubernetesObject, ManifestDocument } from '../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../src/catalog/manifests/manifestCatalog.ts';
import { parseManifests } from '../../src/catalog/manifests/parseManifests.ts';
import { reviewManifests } from '../../src/offline/check.ts';
import { validateReviewer } from '../../src/review/validate.ts';
import { problemText } from '../../src/rules/policy/documentProblems.ts';
import { defaultPolicy, type Policy } from '../../src/rules/policy/policy.ts';
import { parsePolicy } from '../../src/rules/policy/policyFile.ts';
import { PLURALS, type ToolhiveKind } from '../../src/toolhive/kinds.ts';
import type { RulePage } from './page.ts';
import { fillPlaceholders } from './placeholders.ts';

/** What every example takes for granted. */
export const BASE = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata:
  name: team
spec: {}
`;

/** What the rules say about an example. */
export interface ExampleVerdict {
  readonly denied: boolean;
  /** The ids of all rules that said something. */
  readonly rules: readonly string[];
}

/** The objects of a YAML text of a page. @throws when it is not YAML. */
export async function objectsOf(text: string): Promise<readonly ManifestDocument[]> {
  const { documents, problems } = parseManifests('page', await fillPlaceholders(text));
  if (problems[0]) throw new Error(`line ${problems[0].line}: ${problems[0].message}`);
  return documents;
}

export function policyOf(page: RulePage): Policy {
  if (page.policy === undefined) return defaultPolicy();
  const parsed = parsePolicy(parse(page.policy));
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join('; '));
  return parsed.policy;
}

interface Named extends KubernetesObject {
  readonly metadata: { readonly name: string };
}

/** The request that an example stands for, which begins with what is stored. */
function request(
  subject: Named,
  kind: 'update' | 'status' | 'delete',
  stored: KubernetesObject,
): AdmissionRequest {
  const [group = '', version = ''] = subject.apiVersion.split('/');
  const { spec, status } = subject as Named & { readonly spec?: object };
  const changed =
    kind === 'status' ? { status } : { spec: { ...(stored as { spec?: object }).spec, ...spec } };
  return {
    uid: 'example',
    kind: { group, version, kind: subject.kind },
    resource: { group, version, resource: PLURALS[subject.kind as ToolhiveKind] },
    operation: kind === 'delete' ? 'DELETE' : 'UPDATE',
    name: subject.metadata.name,
    namespace: 'default',
    oldObject: stored,
    object: kind === 'delete' ? undefined : { ...stored, ...changed },
    ...(kind === 'status' ? { subResource: 'status' } : {}),
  };
}

/** The verdict on the bad or good example of a page, by the same engine as in the cluster and in `check`. */
export async function judgeExample(page: RulePage, which: 'bad' | 'good'): Promise<ExampleVerdict> {
  const before = [...(await objectsOf(BASE)), ...(await objectsOf(page.before))];
  const example = await objectsOf(page[which]);
  const policy = policyOf(page);
  const secrets = page.recordedWith.includes('--secrets');
  const [now, signal] = [new Date(), new AbortController().signal];
  if (page.kind === 'apply') {
    const catalog = manifestCatalog([...before, ...example], { secrets });
    const checked = await reviewManifests(example, { catalog, policy, now, signal });
    const findings = checked.flatMap(({ verdict }) => [...verdict.denials, ...verdict.warnings]);
    return {
      denied: checked.some(({ verdict }) => verdict.denials.length > 0),
      rules: [...new Set(findings.map(({ rule }) => rule))],
    };
  }
  const catalog = manifestCatalog(before, { secrets });
  const review = validateReviewer({ catalog, policy });
  const outcomes: Outcome[] = [];
  for (const { object } of example) {
    const subject = object as Named;
    const stored = before.find(
      (document) =>
        document.object.kind === subject.kind &&
        (document.object as Named).metadata.name === subject.metadata.name,
    );
    if (!stored)
      throw new Error(`${subject.kind} "${subject.metadata.name}" is not among the objects before`);
    const old = stored.object as Named;
    const withGeneration = { ...old, metadata: { generation: 1, ...old.metadata } };
    outcomes.push(await review(request(subject, page.kind, withGeneration), { now, signal }));
  }
  return {
    denied: outcomes.some(({ kind }) => kind === 'denied'),
    rules: outcomes.flatMap(({ reasons }) => reasons),
  };
}
