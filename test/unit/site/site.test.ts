import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { brokenLinks, filesBelow, missingPart } from '../../../scripts/site/brokenLinks.ts';
import { readmePicture } from '../../../scripts/site/recordings.ts';
import { buildSite } from '../../../scripts/site/siteBuild.ts';
import { REASON_IDS, reasonText } from '../../../src/cli/explain/reasonText.ts';
import { docsUrl, ruleUrl } from '../../../src/docs.ts';
import { CAUSES } from '../../../src/doctor/causes.ts';
import { CHECKS } from '../../../src/doctor/checks.ts';
import { RULE_IDS } from '../../../src/rules/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BASE = docsUrl('');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-site-'));
  await buildSite(folder);
});

afterAll(() => rm(folder, { recursive: true }));

/** What is missing on the site for addresses below the base of the documentation. */
function missing(urls: readonly string[]): string[] {
  return urls.filter((url) => {
    const { pathname, hash } = new URL(url);
    return missingPart(folder, new URL(pathname + hash, 'http://site')) !== undefined;
  });
}

/** Every address below the base that the texts of a folder of the repository spell out. */
function spelledOut(name: string): string[] {
  const files = filesBelow(join(ROOT, name)).filter((file) => /\.(?:ts|md|ya?ml|json|tpl|txt)$/.test(file));
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, name, file), 'utf8');
    const called = [...text.matchAll(/docsUrl\('([^']*)'\)/g)].map(([, path = '']) => docsUrl(path));
    const written = text.match(/https:\/\/vmcp-admission\.dev\/[\w./#-]*/g) ?? [];
    return [...called, ...written.map((url) => url.replace(/[.]$/, ''))];
  });
}

it('has no broken link, anchors included', () => {
  expect(brokenLinks(folder)).toEqual([]);
});

it('has the page of each rule, and the anchor of each reason of injection, where messages link to', () => {
  const reasons = REASON_IDS.flatMap((id) => reasonText(id, (_, text) => text)?.match(/https:\S+/g) ?? []);
  expect(reasons).toHaveLength(REASON_IDS.length);
  expect(missing([...RULE_IDS.map(ruleUrl), ...reasons])).toEqual([]);
});

it('has the anchor of each check of doctor, and of each cause', () => {
  const ids = [...Object.keys(CHECKS), ...Object.keys(CAUSES)];
  expect(ids.length).toBeGreaterThan(20);
  expect(missing(ids.map((id) => docsUrl(`docs/doctor.md#${id}`)))).toEqual([]);
});

it.each(['src', 'deploy', 'schemas', 'docs'])('has what %s/ links to', (name) => {
  const urls = spelledOut(name).filter((url) => url.startsWith(BASE));
  expect(missing(urls)).toEqual([]);
});

it('is not needed to read the README: its links lead to files of the repository', () => {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);
  expect(targets.length).toBeGreaterThan(10);
  expect(targets.filter((target) => !existsSync(join(ROOT, target)))).toEqual([]);
});

it('has its picture of the README from what the commands print today; else run npm run docs:picture', async () => {
  expect(readFileSync(join(ROOT, 'docs/terminal.svg'), 'utf8')).toBe(await readmePicture());
});

it('says what is missing', () => {
  const part = (path: string) => missingPart(folder, new URL(path, 'http://site'));
  expect(part('/docs/rules/remote-url-private.md#why')).toBeUndefined();
  expect(part('/docs/rules/remote-url-private.md#no-such-heading')).toBe('anchor');
  expect(part('/docs/rules/no-such-rule.md')).toBe('file');
});
