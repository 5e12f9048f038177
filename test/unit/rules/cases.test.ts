import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { fillPlaceholders } from '../../../scripts/rule-docs/placeholders.ts';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../../../src/offline/check.ts';
import { judgeAlone } from '../../../src/rules/alone.ts';
import type { Finding } from '../../../src/rules/findings/verdict.ts';
import { RULES, type RuleId } from '../../../src/rules/index.ts';
import { problemText } from '../../../src/rules/policy/documentProblems.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { parsePolicy } from '../../../src/rules/policy/policyFile.ts';
import type { StoredKind } from '../../../src/toolhive/kinds.ts';
import { TEAM } from './support.ts';

/** A whole object, what else is in the cluster, and each finding as `level rule field`. */
interface Case {
  readonly case: string;
  readonly expect: readonly string[];
  /** A part of the sentence of each finding. */
  readonly messages?: readonly string[];
  /** What no finding may show, in any of its words. */
  readonly hides?: readonly string[];
  readonly cluster?: readonly KubernetesObject[];
  readonly object: KubernetesObject;
  /** A policy document; the default policy when it is left out. */
  readonly policy?: unknown;
}

async function casesOf(subject: string): Promise<Case[]> {
  const text = readFileSync(join(import.meta.dirname, 'cases', `${subject}.yaml`), 'utf8');
  return parseAllDocuments(await fillPlaceholders(text)).map((document) => document.toJS() as Case);
}

function policyOf(document: unknown): Policy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(parsed.problems.map(problemText).join('; '));
  return parsed.policy;
}

async function findingsAbout({
  object,
  cluster = [],
  policy,
}: Case): Promise<[finding: string, detail: string, words: string][]> {
  const toDocument = (item: KubernetesObject) => ({ file: 'case', document: 1, line: 1, object: item });
  const document = toDocument(object);
  const catalog = manifestCatalog([...TEAM, ...cluster, object].map(toDocument));
  const [checked] = await reviewManifests([document], {
    catalog,
    policy: policyOf(policy),
    now: new Date(),
    signal: new AbortController().signal,
  });
  const { denials = [], warnings = [] } = checked?.verdict ?? {};
  // An update is compared by them, so one that adds a finding without any would pass.
  expect([...denials, ...warnings].filter(({ violations }) => violations().length === 0)).toEqual([]);
  const told = (level: string, { rule, field, detail, message }: Finding): [string, string, string] => [
    `${level} ${rule} ${field}`,
    detail,
    `${field} ${detail} ${message}`,
  ];
  return [
    ...denials.map((finding) => told('deny', finding)),
    ...warnings.map((finding) => told('warn', finding)),
  ];
}

const subjects = [
  'workload',
  'compositeTools',
  'vmcpConfig',
  'undecodable',
  'unknownFields',
  'headers',
  'caBundle',
  'names',
  'references',
  'authConfig',
  'authUse',
  'virtualServer',
  'sharedConfigs',
  'namedBackends',
  'policy',
];

const all = await Promise.all(subjects.map(async (subject) => [subject, await casesOf(subject)] as const));

/** JSON that has no form as a text: `String` throws. */
const FORMLESS = { toString: 1, valueOf: 1 };

/** The values that result from one with such JSON in the place of one of its parts, by the path of the part. */
function* withFormless(value: unknown, path: string): Generator<readonly [path: string, value: unknown]> {
  yield [path, FORMLESS];
  if (Array.isArray(value))
    for (const [index, item] of value.entries())
      for (const [at, part] of withFormless(item, `${path}[]`)) yield [at, value.with(index, part)];
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value))
      for (const [at, part] of withFormless(item, `${path}.${key}`)) yield [at, { ...value, [key]: part }];
}

it('a field of an object that is judged by itself may have any type', () => {
  const seen = new Set<string>();
  for (const { object } of all.flatMap(([, cases]) => cases))
    for (const [path, spec] of withFormless(object.spec, object.kind ?? '')) {
      if (seen.has(path)) continue;
      seen.add(path);
      const judge = () =>
        judgeAlone(object.kind as StoredKind, { ...object, spec }, 'default', defaultPolicy());
      expect(judge, path).not.toThrow();
    }
});

describe.each(all)('rules about %s', (_subject, cases) => {
  it.each(cases.map((example) => [example.case, example] as const))('%s', async (_what, example) => {
    const found = await findingsAbout(example);
    expect(found.map(([finding]) => finding)).toEqual(example.expect);
    for (const [index, part] of (example.messages ?? []).entries()) expect(found[index]?.[1]).toContain(part);
    for (const hidden of example.hides ?? [])
      for (const [, , words] of found) expect(words).not.toContain(hidden);
    const { kind } = example.object;
    for (const expected of example.expect) {
      const rule = expected.split(' ')[1] as RuleId;
      expect(RULES[rule].targets.map((target) => target.split(' ')[0])).toContain(kind);
    }
  });
});
