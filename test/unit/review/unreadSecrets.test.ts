import { describe, expect, it } from 'vitest';
import type { Catalog, Lookup, SecretFacts } from '../../../src/catalog/catalog.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { validateReviewer } from '../../../src/review/validate.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { policyOf } from '../rules/policy/support.ts';
import { decided, entry, TEAM, toRequest } from '../rules/support.ts';

type Read = NonNullable<Catalog['secret']>;

const FOUND: Lookup<SecretFacts> = {
  state: 'found',
  value: { keys: { k: { empty: false, headerSafe: true } } },
};
const FAILED: Lookup<SecretFacts> = { state: 'unavailable', reason: 'forbidden' };

/** An entry with a header from each of the Secrets. */
const withSecrets = (names: readonly string[]) =>
  entry({
    headerForward: {
      addHeadersFromSecret: names.map((name, index) => ({
        headerName: `X-H${index}`,
        valueSecretRef: { name, key: 'k' },
      })),
    },
  });
const named = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

/** The warnings of a review, and the Secrets that were looked up for it. */
async function reviewed(
  object: object,
  answer: (name: string) => Lookup<SecretFacts>,
  oldObject?: object,
  policy: Policy = defaultPolicy(),
) {
  const looked: string[] = [];
  const secret: Read = async (_, name) => {
    looked.push(name);
    return answer(name);
  };
  const documents = TEAM.map((item) => ({ file: 'x', document: 1, line: 1, object: item }));
  const catalog = { ...manifestCatalog(documents), secret };
  const outcome = decided(
    await validateReviewer({ catalog, policy })(toRequest({ object, oldObject }), {
      signal: new AbortController().signal,
      now: new Date(),
    }),
  );
  return { looked, kind: outcome.kind, warnings: 'warnings' in outcome ? outcome.warnings : [] };
}

const FIRST = 'spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name';

describe('Secrets that could not be checked', () => {
  it.each([
    [1, '1 of 1 referenced Secrets not checked: 1 could not be read (Secret "s0": forbidden)'],
    [3, '3 of 3 referenced Secrets not checked: 3 could not be read (Secret "s0": forbidden)'],
    [
      60,
      '60 of 60 referenced Secrets not checked: 50 could not be read (Secret "s0": forbidden) and 10 beyond the 50 that a review looks up',
    ],
  ])('%i unreadable ones are one warning', async (count, sentence) => {
    expect(await reviewed(withSecrets(named(count)), () => FAILED)).toMatchObject({
      kind: 'allowed',
      warnings: [`${FIRST}: ${sentence} [secret-unread]`],
    });
  });

  it('of many, those beyond the limit are one warning with their number', async () => {
    const { looked, warnings } = await reviewed(withSecrets(named(60)), () => FOUND);
    expect(looked).toHaveLength(50);
    expect(warnings).toEqual([
      `${FIRST.replace('0', '50')}: 10 of 60 referenced Secrets not checked: 10 beyond the 50 that a review looks up [secret-unread]`,
    ]);
  });

  it('come before the warnings about those that are missing', async () => {
    const { warnings } = await reviewed(withSecrets(named(60)), () => ({ state: 'missing' }));
    expect(warnings).toHaveLength(51);
    expect(warnings[0]).toContain('10 of 60 referenced Secrets not checked');
    expect(warnings[1]).toContain('Secret "s0" does not exist yet');
  });

  it('are counted once, and not when the reference itself is wrong', async () => {
    const object = withSecrets([...named(50), ...named(50), 'No Name', '']);
    const { looked, warnings } = await reviewed(object, () => FOUND);
    expect(looked).toEqual(named(50));
    expect(warnings).toEqual([]);
  });

  it('are told at the first of several references', async () => {
    const { warnings } = await reviewed(withSecrets(['a', 'b', 'b']), (name) =>
      name === 'b' ? FAILED : FOUND,
    );
    expect(warnings).toEqual([expect.stringContaining(FIRST.replace('0', '1'))]);
  });

  it('are compared by their names, where a policy denies them', async () => {
    const policy = policyOf('rules: {secret-unread: deny}');
    const update = async (before: string[], after: string[]) =>
      (await reviewed(withSecrets(after), () => FAILED, withSecrets(before), policy)).kind;
    expect(await update(['a', 'b'], ['b', 'a'])).toBe('allowed');
    expect(await update(['a', 'b'], ['a'])).toBe('allowed');
    expect(await update(['a', 'b'], ['a', 'c'])).toBe('denied');
  });

  it('are not spoken of when all could be read', async () => {
    expect((await reviewed(withSecrets(named(50)), () => FOUND)).warnings).toEqual([]);
  });
});

it.each([
  ['', 'key "k" of Secret "s" is empty, which ToolHive treats as missing'],
  ['a\nb', 'the value of key "k" of Secret "s" has a line break'],
])('the value %j of a Secret cannot be a header', async (text, sentence) => {
  const found: Lookup<SecretFacts> = {
    state: 'found',
    value: { keys: { k: { empty: text === '', headerSafe: !text.includes('\n') } } },
  };
  expect((await reviewed(withSecrets(['s']), () => found)).warnings).toEqual([
    expect.stringContaining(sentence),
  ]);
});
