import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { judgeAlone } from '../../../src/rules/alone.ts';
import { judgeObject } from '../../../src/rules/checks.ts';
import { joinVerdicts } from '../../../src/rules/findings/levels.ts';
import { readForReview } from '../../../src/rules/form/malformed.ts';
import { RULE_IDS } from '../../../src/rules/index.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { toolhiveKind } from '../../../src/toolhive/kinds.ts';
import { CLOSE_CLUSTER, FLAWED_OBJECT, TWO_FLAWED_VERSIONS } from './conflicts/arbitraries.ts';
import { review, TEAM } from './support.ts';

/** Denies whatever a rule says, but for a reference: removing a backend leaves its override behind. */
const STRICT: Policy = {
  ...defaultPolicy(),
  levels: {
    ...(Object.fromEntries(RULE_IDS.map((id) => [id, 'deny'])) as Policy['levels']),
    'vmcp-override-unknown': 'warn',
  },
};

const RUNS = { numRuns: 2_000 };

type Json = Record<string, unknown>;

/** How often the object has each violation that is denied. */
function violationsOf(object: KubernetesObject, cluster: readonly KubernetesObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  const kind = toolhiveKind(object);
  const read = kind && readForReview(kind, object, 'default', defaultPolicy());
  if (!kind || !read?.ok) throw new Error('the object cannot be read');
  const documents = cluster.map((one, index) => ({ file: 'c', document: index + 1, line: 1, object: one }));
  const view = manifestCatalog(documents).namespace('default');
  const facts = { view, secrets: undefined, configMap: undefined, now: new Date('2026-06-01T00:00:00Z') };
  const alone = judgeAlone(kind, object, 'default', defaultPolicy());
  for (const { violations } of joinVerdicts(alone, judgeObject(read.object, facts, defaultPolicy())).denials)
    for (const { identity, times } of violations()) counts.set(identity, (counts.get(identity) ?? 0) + times);
  return counts;
}

/** Lists and maps of a spec whose items stand for themselves: nothing else relies on them. */
const COLLECTIONS = [
  ['headerForward', 'addHeadersFromSecret'],
  ['headerForward', 'addPlaintextHeaders'],
  ['outgoingAuth', 'backends'],
  ['config', 'backends'],
  ['passthroughHeaders'],
] as const;

/** Removes items of a list or keys of a map, or reorders them: `keep` are the positions that stay, in a new order. */
function edited(
  object: KubernetesObject,
  path: readonly string[],
  keep: readonly number[],
): KubernetesObject {
  const copy = JSON.parse(JSON.stringify(object)) as Json;
  let at = copy.spec as Json | undefined;
  for (const key of path.slice(0, -1)) at = at?.[key] as Json | undefined;
  const last = path.at(-1) ?? '';
  const value = at?.[last];
  const chosen = <T>(items: readonly T[]) =>
    keep.flatMap((index) => (index < items.length ? [items[index] as T] : []));
  if (at && Array.isArray(value)) at[last] = chosen(value);
  else if (at && typeof value === 'object' && value !== null)
    at[last] = Object.fromEntries(chosen(Object.entries(value)));
  return copy as KubernetesObject;
}

const KEEP = fc.shuffledSubarray([0, 1, 2]);

describe('an update that is allowed', () => {
  it('has no violation more often than the object had before', async () => {
    await fc.assert(
      fc.asyncProperty(TWO_FLAWED_VERSIONS, CLOSE_CLUSTER, async ([oldObject, object], others) => {
        const cluster = [...TEAM, ...others, oldObject];
        const outcome = await review({ object, oldObject, cluster });
        const before = violationsOf(oldObject, cluster);
        const added = [...violationsOf(object, cluster)].filter(
          ([id, times]) => times > (before.get(id) ?? 0),
        );
        expect(outcome.kind).toBe(added.length > 0 ? 'denied' : 'allowed');
      }),
      RUNS,
    );
  });
});

describe('an update that removes or reorders items of lists and keys of maps', () => {
  it('is not denied', async () => {
    await fc.assert(
      fc.asyncProperty(
        FLAWED_OBJECT,
        CLOSE_CLUSTER,
        fc.constantFrom(...COLLECTIONS),
        KEEP,
        fc.constantFrom(defaultPolicy(), STRICT),
        async (oldObject, others, path, keep, policy) => {
          // An override that goes uncovers the auth config of the backend, which may be one that stops the vMCP.
          fc.pre(path[0] !== 'outgoingAuth' || keep.length === 3);
          const object = edited(oldObject, path, keep);
          const cluster = [...TEAM, ...others, oldObject];
          const outcome = await review({ object, oldObject, cluster, policy });
          expect(outcome.kind).toBe('allowed');
        },
      ),
      RUNS,
    );
  });
});

type Spelling = (name: string) => string;

/** The object with other spellings of its header names, wherever it has one. */
function respelled(object: KubernetesObject, spell: Spelling): KubernetesObject {
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => {
    if (key === 'headerName' && typeof value === 'string') return spell(value);
    if (key === 'passthroughHeaders' && Array.isArray(value)) return value.map(spell);
    if (key !== 'addPlaintextHeaders') return value;
    return Object.fromEntries(Object.entries(value as Json).map(([name, text]) => [spell(name), text]));
  }) as KubernetesObject;
}

const TOKEN = /^[\w-]+$/;
const SPELLING = fc.constantFrom<Spelling>(
  (name) => (TOKEN.test(name) ? name.toLowerCase() : name),
  (name) => (TOKEN.test(name) ? name.toUpperCase() : name),
);

describe('an update that only changes the case of header names', () => {
  it('is not denied: HTTP compares them without case', async () => {
    await fc.assert(
      fc.asyncProperty(
        FLAWED_OBJECT,
        CLOSE_CLUSTER,
        SPELLING,
        fc.constantFrom(defaultPolicy(), STRICT),
        async (oldObject, others, spell, policy) => {
          const object = respelled(oldObject, spell);
          const outcome = await review({
            object,
            oldObject,
            cluster: [...TEAM, ...others, oldObject],
            policy,
          });
          expect(outcome.kind).toBe('allowed');
        },
      ),
      RUNS,
    );
  });
});
