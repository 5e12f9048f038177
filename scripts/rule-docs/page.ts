import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuleInfo } from '../../src/rules/rule.ts';

/** Where the pages stand. */
export const PAGES_DIR = join(import.meta.dirname, '..', '..', 'docs', 'rules');

/** How the example of a page is tried: applied, as a write of the status subresource, or deleted. */
export type ExampleKind = 'apply' | 'update' | 'status' | 'delete';

/** A page of docs/rules, taken apart. Blocks are YAML texts. */
export interface RulePage {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly level: string;
  /** What the rule applies to. */
  readonly targets: readonly string[];
  readonly kind: ExampleKind;
  /** Objects that exist before; empty when there are none. */
  readonly before: string;
  readonly bad: string;
  readonly good: string;
  /** A policy document that the examples are judged by; undefined for the default policy. */
  readonly policy: string | undefined;
  /** The command that the recorded block comes from: `kubectl`, `check`, `check --secrets`, … */
  readonly recordedWith: string;
  /** The recorded block without its fences. */
  readonly recorded: string;
}

const RECORDED = /<!-- recorded: (.*?) -->\n```console\n([\s\S]*?)```\n<!-- end -->/;

/** The fenced blocks of a page by their info string. */
function fences(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm))
    found.set(match[1] ?? '', match[2] ?? '');
  return found;
}

/** Reads a page. @throws with the name of the part that is missing. */
export function parsePage(id: string, text: string): RulePage {
  const need = (what: string, value: string | undefined): string => {
    if (value === undefined) throw new Error(`docs/rules/${id}.md has no ${what}`);
    return value;
  };
  const blocks = fences(text);
  const kind =
    (['status', 'delete', 'update'] as const).find((one) => blocks.has(`yaml ${one} bad`)) ?? 'apply';
  const prefix = kind === 'apply' ? 'yaml' : `yaml ${kind}`;
  const head = /^Level: \*\*(deny|warn)\*\* · Applies to: (.*)$/m.exec(text);
  const recorded = RECORDED.exec(text);
  return {
    id,
    title: need('title', /^# (.*)$/m.exec(text)?.[1]),
    summary: need('summary under its title', /^# .*\n\n(.*)\n/.exec(text)?.[1]),
    level: need('level', head?.[1]),
    targets: need('targets', head?.[2]).split(', '),
    kind,
    before: blocks.get('yaml before') ?? '',
    bad: need(`block "${prefix} bad"`, blocks.get(`${prefix} bad`)),
    good: need(`block "${prefix} good"`, blocks.get(`${prefix} good`)),
    policy: blocks.get('yaml policy'),
    recordedWith: need('recorded block', recorded?.[1]),
    recorded: need('recorded block', recorded?.[2]),
  };
}

/** The page with the head that the rule's table gives it: id, summary, level and targets. */
export function withHead(id: string, text: string, { summary, level, targets }: RuleInfo): string {
  const head = `# ${id}\n\n${summary}\n\nLevel: **${level}** · Applies to: ${targets.join(', ')}\n`;
  return text.replace(/^# .*\n\n.*\n\nLevel: .*\n/, () => head);
}

/** The page with another recorded block. */
export function withRecorded(text: string, output: string): string {
  return text.replace(
    RECORDED,
    (_, mode: string) => `<!-- recorded: ${mode} -->\n\`\`\`console\n${output}\`\`\`\n<!-- end -->`,
  );
}

/** The texts of all pages by rule id, sorted. */
export function readPages(): Map<string, string> {
  const files = readdirSync(PAGES_DIR)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort();
  return new Map(files.map((file) => [file.slice(0, -3), readFileSync(join(PAGES_DIR, file), 'utf8')]));
}
