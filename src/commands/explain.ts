import { Command } from 'commander';
import { quoted } from '../admission/text.ts';
import { RULE_IDS, RULES, type RuleId } from '../validation/rules.ts';
import { painter } from './checkReport.ts';
import { closest } from './closest.ts';
import { pageText } from './pageText.ts';
import { readRulePage } from './rulePages.ts';
import { EXIT, write } from './stdio.ts';

function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}

/** Every rule on a line: id, default level, what it asks for. */
export function ruleList(colour: boolean): string {
  const paint = painter(colour);
  const width = Math.max(...RULE_IDS.map((id) => id.length));
  const lines = RULE_IDS.map((id) => {
    const { level, summary } = RULES[id];
    return `${paint('bold', id.padEnd(width))}  ${paint(level === 'deny' ? 'red' : 'yellow', level)}  ${summary}`;
  });
  return `${lines.join('\n')}\n`;
}

/** What to say about an id that is no rule's. */
export function unknownRule(id: string): string {
  const meant = closest(id, RULE_IDS);
  const hint =
    meant.length > 0
      ? `did you mean ${meant.join(', ')}?`
      : 'vmcp-admission explain, without an id, lists all of them';
  return `there is no rule ${quoted(id)}; ${hint}\n`;
}

async function explain(rule: string | undefined): Promise<number> {
  const colour = process.stdout.hasColors?.() ?? false;
  if (rule === undefined) {
    await write(process.stdout, ruleList(colour));
    return EXIT.clean;
  }
  // Also as it stands in messages and links: `[rule]`, `docs/rules/rule.md`.
  const id = /^(?:.*\/)?\[?([a-z0-9-]+)\]?(?:\.md)?$/i.exec(rule)?.[1]?.toLowerCase() ?? rule;
  const page = isRule(id) ? await readRulePage(id) : undefined;
  if (!isRule(id)) await write(process.stderr, unknownRule(rule));
  else if (page === undefined) await write(process.stderr, `the page of ${id} cannot be read\n`);
  else await write(process.stdout, pageText(page, colour));
  return page === undefined ? EXIT.unusable : EXIT.clean;
}

/** `vmcp-admission explain [RULE]`: what a rule is for, with examples; without RULE the list of all. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('say what a rule is for, with examples; without one list all rules')
    .argument('[rule]', 'id of a rule, as messages of check and the audit log name it')
    .action(async (rule: string | undefined) => {
      process.exitCode = await explain(rule);
    });
}
