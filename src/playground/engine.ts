import { parse } from 'yaml';
import type { ManifestDocument, ManifestProblem } from '../catalog/manifests/manifest.ts';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { parseManifests } from '../catalog/manifests/parseManifests.ts';
import { type CheckReport, toReport } from '../cli/check/checkReport.ts';
import { isPrinted, podYaml, unifiedDiff } from '../cli/inject/injectReport.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../injection/contract.ts';
import { reviewManifests } from '../offline/check.ts';
import { type InjectedPod, injectManifests } from '../offline/inject.ts';
import { unknownVersions } from '../offline/unjudged.ts';
import { defaultPolicy, type Policy } from '../rules/policy/policy.ts';
import { parsePolicy } from '../rules/policy/policyFile.ts';

/** What is to be judged: texts by the names of their files, as `check` and `inject` get them. */
export interface PlaygroundInput {
  readonly files: Readonly<Record<string, string>>;
  /** The text of a policy file; absent for the default policy. */
  readonly policy?: string;
  /** True when the input has the Secrets, too, as with `--secrets`. */
  readonly secrets?: boolean;
}

/** What is known of a backend, or of something else that the report names, after injection. */
export interface Outcome {
  readonly name: string;
  readonly outcome: 'served' | 'left out' | 'note';
  readonly reason: string | undefined;
  readonly message: string;
}

/** A Pod before and after injection. */
export interface FilledPod {
  readonly origin: string;
  readonly decision: string;
  readonly reason: string;
  readonly message: string;
  readonly outcomes: readonly Outcome[];
  readonly before: string;
  readonly after: string;
  readonly diff: string;
}

/** What `check` and `inject` say. */
export interface Judgement {
  readonly report: CheckReport;
  readonly pods: readonly FilledPod[];
}

function readPolicy(text: string | undefined): Policy {
  if (text === undefined) return defaultPolicy();
  const parsed = parsePolicy(parse(text, { maxAliasCount: 0 }));
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  return parsed.policy;
}

function outcomesOf({ report }: InjectedPod['injection']): Outcome[] {
  if (report === undefined) return [];
  return [
    ...report.backends.map((name) => ({ name, outcome: 'served' as const, reason: undefined, message: '' })),
    ...report.leftOut.map(({ kind, name, reason, message }) => ({
      ...{ name: `${kind} ${name}`, outcome: 'left out' as const, reason, message },
    })),
    ...report.notes.map(({ kind, name, reason, message }) => ({
      ...{ name: name ? `${kind} ${name}` : kind, outcome: 'note' as const, reason, message },
    })),
  ];
}

function filledPod({ origin, pod, injection }: InjectedPod): FilledPod {
  const { decision, reason, message } = injection;
  const [before, after] = [podYaml(pod), podYaml(injection.pod)];
  const diff = unifiedDiff(before, after, 'before', 'after');
  return { origin, decision, reason, message, outcomes: outcomesOf(injection), before, after, diff };
}

/** Judges manifests and fills their Pods as the command line does, without files, sockets or a process. */
export async function judge({
  files,
  policy: policyText,
  secrets = false,
}: PlaygroundInput): Promise<Judgement> {
  const documents: ManifestDocument[] = [];
  const problems: ManifestProblem[] = [];
  for (const [file, text] of Object.entries(files)) {
    const parsed = parseManifests(file, text);
    documents.push(...parsed.documents);
    problems.push(...parsed.problems);
  }
  problems.push(...unknownVersions(documents));
  const policy = readPolicy(policyText);
  const catalog = manifestCatalog(documents, { secrets });
  const context = { now: new Date(), signal: new AbortController().signal };
  const checked = await reviewManifests(documents, { catalog, policy, ...context });
  const injected = await injectManifests(
    documents,
    { catalog, policy, settings: DEFAULT_INJECTION_SETTINGS },
    context,
  );
  const [name = ''] = Object.keys(files);
  return {
    report: toReport(name, { documents, problems }, checked),
    pods: injected.filter((item) => isPrinted(item) || item.injection.decision === 'refused').map(filledPod),
  };
}
