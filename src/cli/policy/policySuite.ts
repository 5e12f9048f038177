import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { KubernetesObject, ManifestDocument } from '../../catalog/manifests/manifest.ts';
import { readManifests } from '../../catalog/manifests/readManifests.ts';
import { isRecord } from '../../kubernetes/record.ts';
import type { Expectation, PolicyCase } from '../../offline/policyCases.ts';
import { readDocument } from '../../rules/policy/documentProblems.ts';
import { ruleId } from '../../rules/policy/policySchema.ts';
import { problemText } from '../input/manifestInput.ts';
import { callerOf } from '../shared/callerOption.ts';
import { readYamlFile } from '../shared/yamlFile.ts';

/** The path of a file, or an object. */
const objects = z.array(
  z.custom<string | KubernetesObject>(
    (raw) => typeof raw === 'string' || (isRecord(raw) && 'kind' in raw && 'apiVersion' in raw),
    'must be the path of a file, or an object with apiVersion and kind',
  ),
);
const rules = z.array(ruleId);
const expectation = z.strictObject({
  denied: rules.default([]),
  wouldDeny: rules.default([]),
  excepted: rules.optional(),
  warned: rules.optional(),
} satisfies Record<Expectation, z.ZodType>);

const suite = z.strictObject({
  policy: z.string().optional(),
  now: z.iso.date({ error: 'must be a date such as 2026-12-31' }).optional(),
  cluster: objects.default([]),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        user: z.string().optional(),
        groups: z.array(z.string()).optional(),
        cluster: objects.default([]),
        objects: objects.min(1),
        expect: z.preprocess((raw) => (raw === 'allowed' ? {} : raw), expectation),
      }),
    )
    .min(1),
});

type SuiteDocument = z.infer<typeof suite>;
type ObjectList = z.infer<typeof objects>;

/** A file of cases for a policy. */
export interface PolicySuite {
  readonly file: string;
  /** The path of the policy that the file names. */
  readonly policy: string | undefined;
  readonly now: Date | undefined;
  readonly cases: readonly PolicyCase[];
}

export type LoadedSuite =
  | { readonly ok: true; readonly suite: PolicySuite }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the objects of lists; what cannot be read is added to the problems. */
async function documentsOf(file: string, list: ObjectList, problems: string[]): Promise<ManifestDocument[]> {
  const documents: ManifestDocument[] = [];
  for (const item of list) {
    if (typeof item !== 'string') {
      documents.push({ file, document: 1, line: 1, object: item });
      continue;
    }
    const read = await readManifests([join(dirname(file), item)]);
    documents.push(...read.documents);
    problems.push(...read.problems.map(problemText));
  }
  return documents;
}

async function toCase(
  file: string,
  { name, user, groups, ...given }: SuiteDocument['cases'][number],
  everywhere: readonly ManifestDocument[],
  problems: string[],
): Promise<PolicyCase> {
  const { denied, wouldDeny, excepted, warned } = given.expect;
  const cluster = [...everywhere, ...(await documentsOf(file, given.cluster, problems))];
  return {
    name,
    caller: callerOf({ ...(user !== undefined && { as: user }), ...(groups && { groups }) }),
    cluster,
    objects: await documentsOf(file, given.objects, problems),
    expected: { denied, wouldDeny, ...(excepted && { excepted }), ...(warned && { warned }) },
  };
}

/** Reads a file of cases. */
export async function loadSuite(file: string): Promise<LoadedSuite> {
  const read = await readYamlFile(file);
  if (!read.ok) return read;
  const parsed = readDocument(read.value, suite);
  if (!parsed.ok) return { ok: false, problems: read.told(parsed.problems) };
  const { policy, now, cluster, cases } = parsed.value;
  const problems: string[] = [];
  const everywhere = await documentsOf(file, cluster, problems);
  const all: PolicyCase[] = [];
  for (const one of cases) all.push(await toCase(file, one, everywhere, problems));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    suite: {
      file,
      policy: policy && join(dirname(file), policy),
      now: now === undefined ? undefined : new Date(`${now}T12:00:00Z`),
      cases: all,
    },
  };
}
