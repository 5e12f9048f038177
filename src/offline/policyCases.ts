import type { InputObject, KubernetesObject, ManifestDocument } from '../catalog/manifests/manifest.ts';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { withDefaultNamespace } from '../catalog/manifests/namespace.ts';
import { textAt } from '../kubernetes/record.ts';
import type { Finding } from '../rules/findings/verdict.ts';
import type { RuleId } from '../rules/index.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Caller } from '../rules/policy/scopes.ts';
import { type CheckedObject, reviewManifests } from './check.ts';

/** What a case can expect, each a list of rules. */
export const EXPECTATIONS = ['denied', 'wouldDeny', 'excepted', 'warned'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/** The rules of the findings, by what they did. */
export type Answer = Readonly<Record<Expectation, readonly RuleId[]>>;

/** One case of a policy's tests: objects that a caller applies. */
export interface PolicyCase {
  readonly name: string;
  readonly caller: Caller | undefined;
  /** What the cluster holds; an object that is among them is updated. */
  readonly cluster: readonly ManifestDocument[];
  readonly objects: readonly ManifestDocument[];
  /** A key that is absent is not compared. */
  readonly expected: Partial<Answer>;
}

/** The outcome of a case. */
export interface CaseResult {
  readonly name: string;
  /** The expectations that were not met, with what was found. */
  readonly differences: readonly {
    readonly what: Expectation;
    readonly expected: readonly RuleId[];
    readonly found: readonly RuleId[];
  }[];
  readonly checked: readonly CheckedObject[];
}

function rulesOf(findings: readonly Finding[]): RuleId[] {
  return [...new Set(findings.map(({ rule }) => rule))].sort();
}

/** What the rules said about the objects of a case. */
function answerOf(checked: readonly CheckedObject[]): Answer {
  const denials = checked.flatMap(({ verdict }) => verdict.denials);
  const warnings = checked.flatMap(({ verdict }) => verdict.warnings);
  return {
    denied: rulesOf(denials),
    wouldDeny: rulesOf(warnings.filter(({ wouldDeny }) => wouldDeny)),
    excepted: rulesOf(warnings.filter(({ exception }) => exception)),
    warned: rulesOf(warnings.filter(({ wouldDeny, exception }) => !wouldDeny && !exception)),
  };
}

function identityOf(object: KubernetesObject): string {
  const placed = withDefaultNamespace(object);
  return JSON.stringify([
    placed.kind,
    textAt(placed, 'metadata', 'namespace'),
    textAt(placed, 'metadata', 'name'),
  ]);
}

/** Judges one case as the webhook would. */
export async function runCase(
  { name, caller, cluster, objects, expected }: PolicyCase,
  policy: Policy,
  now: Date,
): Promise<CaseResult> {
  const stored = new Map(cluster.map(({ object }) => [identityOf(object), object]));
  const input: readonly InputObject[] = [...cluster, ...objects];
  const checked = await reviewManifests(objects, {
    catalog: manifestCatalog(input),
    policy,
    caller,
    now,
    signal: new AbortController().signal,
    replaced: (object) => stored.get(identityOf(object)),
  });
  const found = answerOf(checked);
  const differences = EXPECTATIONS.flatMap((what) => {
    const wanted = expected[what]?.toSorted();
    return wanted === undefined || wanted.join() === found[what].join()
      ? []
      : [{ what, expected: wanted, found: found[what] }];
  });
  return { name, differences, checked };
}
