import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { objectsOf } from '../../scripts/rule-docs/examples.ts';
import { parsePage, readPages } from '../../scripts/rule-docs/page.ts';
import { renderPolicySchema } from '../../scripts/rule-docs/policySchema.ts';
import { manifestCatalog } from '../../src/catalog/manifests/manifestCatalog.ts';
import { readManifests } from '../../src/catalog/manifests/readManifests.ts';
import { toInjectItem } from '../../src/cli/inject/injectReport.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../src/injection/contract.ts';
import { injectManifests } from '../../src/offline/inject.ts';
import { defaultPolicy } from '../../src/rules/policy/policy.ts';
import { parsePolicy, policyDocument } from '../../src/rules/policy/policyFile.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ajv = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
ajv.addKeyword('patternErrorMessage');

/** What a schema of schemas/ says about a value; nothing when it is valid. */
function checker(name: string): (value: unknown) => string[] {
  const text = readFileSync(join(ROOT, 'schemas', `${name}.schema.json`), 'utf8');
  const validate = ajv.compile(JSON.parse(text) as AnySchemaObject);
  const said = ({ instancePath, keyword, message }: ErrorObject) => `${instancePath} ${keyword}: ${message}`;
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(said));
}

const pages = [...readPages()].map(([id, text]) => parsePage(id, text));

describe("the schema of ToolHive's objects", () => {
  const problems = checker('toolhive');
  const applied = pages.filter(({ kind }) => kind === 'apply');

  it.each(applied.map((page) => [page.id, page] as const))(
    'accepts the good example of %s',
    async (_, page) => {
      for (const { object } of [...(await objectsOf(page.before)), ...(await objectsOf(page.good))])
        expect(problems(object)).toEqual([]);
    },
  );

  it.each(readdirSync(join(ROOT, 'examples', 'good')))('accepts examples/good/%s', async (file) => {
    const { documents } = await readManifests([join(ROOT, 'examples', 'good', file)]);
    for (const { object } of documents) expect(problems(object)).toEqual([]);
  });

  it.each([
    ...['auth-block-mismatch', 'ca-bundle-key', 'ca-bundle-name', 'group-missing', 'header-name-invalid'],
    ...[
      'header-name-restricted',
      'header-secret-missing',
      'malformed-field',
      'name-dotted-ca-bundle',
      'old-spelling',
    ],
    ...['remote-url-blocked-address', 'remote-url-missing', 'remote-url-userinfo', 'transport-unknown'],
    ...['unknown-field', 'unknown-kind', 'vmcp-auth-unknown', 'vmcp-config-unknown-field'],
  ])('refuses the bad example of %s', async (id) => {
    const page = applied.find((one) => one.id === id);
    const objects = await objectsOf(page?.bad ?? '');
    expect(objects.flatMap(({ object }) => problems(object))).not.toEqual([]);
  });

  it('says nothing about objects of others', () => {
    expect(problems({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } })).toEqual([]);
    expect(problems({ apiVersion: 'example.com/v1', kind: 'Other' })).toEqual([]);
  });
});

describe('the schema of policies', () => {
  const problems = checker('policy');

  it('is in step with the rules; `npm run docs:rules -- --index` writes it', () => {
    expect(readFileSync(join(ROOT, 'schemas/policy.schema.json'), 'utf8')).toBe(renderPolicySchema());
  });

  it('accepts the policy in effect, that of the docs, and those of the rule pages', () => {
    const documented =
      /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/policy.md'), 'utf8'))?.[1] ?? '';
    const policies = [documented, ...pages.flatMap(({ policy }) => policy ?? [])].map((text) => parse(text));
    expect(policies.length).toBeGreaterThan(1);
    for (const policy of [policyDocument(defaultPolicy()), ...policies]) expect(problems(policy)).toEqual([]);
  });

  it.each([
    { rules: { 'no-such-rule': 'warn' } },
    { rules: { 'group-missing': 'error' } },
    { rules: { 'malformed-field': 'warn' } },
    { urls: { blockedHosts: ['EXAMPLE.com'] } },
    { exemptNamespace: ['a'] },
  ])('refuses what serve and check refuse: %j', (policy) => {
    expect(problems(policy)).not.toEqual([]);
    expect(parsePolicy(policy).ok).toBe(false);
  });
});

it('the schema of `inject --output json` accepts what inject prints', async () => {
  const { documents } = await readManifests([join(ROOT, 'examples/good'), join(ROOT, 'examples/bad')]);
  const deps = {
    catalog: manifestCatalog(documents),
    policy: defaultPolicy(),
    settings: DEFAULT_INJECTION_SETTINGS,
  };
  const context = { signal: new AbortController().signal, now: new Date() };
  const items = (await injectManifests(documents, deps, context)).map(toInjectItem);
  expect(items.length).toBeGreaterThan(0);
  expect(checker('inject-output')(JSON.parse(JSON.stringify(items)))).toEqual([]);
});
