import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RULE_IDS, type RuleId } from '../../rules/index.ts';

/** The pages by rule id; the build puts them into the bundle, in a checkout there is no such name. */
declare const RULE_PAGES: Readonly<Record<string, string>> | undefined;

/** Where the pages stand, relative to this file in a checkout. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'docs', 'rules');

/** The page of a rule as Markdown; undefined when there is none. */
export async function readRulePage(rule: RuleId): Promise<string | undefined> {
  if (typeof RULE_PAGES !== 'undefined') return RULE_PAGES[rule];
  return readFile(join(FOLDER, `${rule}.md`), 'utf8').catch(() => undefined);
}

/** All pages by rule id, as far as they can be read. */
export async function readPages(): Promise<ReadonlyMap<string, string>> {
  const pages = await Promise.all(RULE_IDS.map(async (id) => [id, await readRulePage(id)] as const));
  return new Map(pages.filter((page): page is [RuleId, string] => page[1] !== undefined));
}

/** All pages of a folder by rule id, for the build. @throws when the folder cannot be read. */
export async function readRulePages(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.md') && file !== 'README.md').sort();
  const pages = await Promise.all(
    files.map(async (file) => [file.slice(0, -3), await readFile(join(folder, file), 'utf8')] as const),
  );
  return Object.fromEntries(pages);
}
