import { Command } from 'commander';
import { closest } from '../closest.ts';
import { RULE_IDS, RULES, type RuleId } from '../rules/index.ts';
import { quoted } from '../text.ts';
import { pageText } from './pageText.ts';
import { REASON_IDS, reasonLines, reasonText } from './reasonText.ts';
import { readRulePage } from './rulePages.ts';
import { EXIT, painter, write } from './stdio.ts';

function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}

/** Everything that can be explained. Some ids are those of a rule and of a reason: the same subject at two moments. */
const IDS: readonly string[] = [...new Set([...RULE_IDS, ...REASON_IDS])];

/** Every rule on a line (id, default level, what it asks for), then every reason of injection. */
export function idList(colour: boolean): string {
  const paint = painter(colour);
  const width = Math.max(...IDS.map((id) => id.length));
  const rules = RULE_IDS.map((id) => {
    const { level, summary } = RULES[id];
    return `${paint('bold', id.padEnd(width))}  ${paint(level === 'deny' ? 'red' : 'yellow', level.padEnd(8))}  ${summary}`;
  });
  return [
    'Rules of validation, with their default level:\n',
    ...rules,
    '\nReasons of injection, with what they speak about:\n',
    ...reasonLines(paint, width),
    '',
  ].join('\n');
}

/** What to say about an id that is neither a rule's nor a reason's. */
export function unknownId(id: string): string {
  const meant = closest(id, IDS);
  const hint =
    meant.length > 0
      ? `did you mean ${meant.join(', ')}?`
      : 'vmcp-admission explain, without an id, lists all of them';
  return `there is no rule or reason ${quoted(id)}; ${hint}\n`;
}

/** The id in a word as messages, links and the audit log write it: `[rule]`, `reason:`, `docs/rules/rule.md`. */
function idIn(word: string): string {
  return /^(?:.*[/#])?\[?([a-z0-9-]+)\]?(?:\.md|:)?$/i.exec(word)?.[1]?.toLowerCase() ?? word;
}

async function explain(word: string | undefined): Promise<number> {
  const colour = process.stdout.hasColors?.() ?? false;
  if (word === undefined) {
    await write(process.stdout, idList(colour));
    return EXIT.clean;
  }
  const id = idIn(word);
  const reason = reasonText(id, painter(colour));
  if (!isRule(id)) {
    await (reason === undefined ? write(process.stderr, unknownId(word)) : write(process.stdout, reason));
    return reason === undefined ? EXIT.unusable : EXIT.clean;
  }
  const page = await readRulePage(id);
  if (page === undefined) {
    await write(process.stderr, `the page of ${id} cannot be read\n`);
    return EXIT.unusable;
  }
  await write(process.stdout, pageText(page, colour) + (reason === undefined ? '' : `\n${reason}`));
  return EXIT.clean;
}

/** `vmcp-admission explain [ID]`: what a rule is for, with examples, or what a reason means; without ID all of them. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('say what a rule or a reason of injection means; without one list all of them')
    .argument('[id]', 'id of a rule or a reason, as messages, reports and the audit log name it')
    .action(async (id: string | undefined) => {
      process.exitCode = await explain(id);
    });
}
