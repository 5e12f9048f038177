import { Command } from 'commander';
import { ruleUrl } from '../../docs.ts';
import { RULE_IDS, RULES, type RuleId } from '../../rules/index.ts';
import { closest } from '../../text/closest.ts';
import { quoted } from '../../text/line.ts';
import { pageText } from '../shared/pageText.ts';
import { readRulePage } from '../shared/rulePages.ts';
import { EXIT, fail, painter, write } from '../shared/stdio.ts';
import { REASON_IDS, reasonLines, reasonText } from './reasonText.ts';

type Paint = ReturnType<typeof painter>;

function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}

/** Everything that can be explained. Some ids are those of a rule and of a reason: the same subject at two moments. */
export const IDS: readonly string[] = [...new Set([...RULE_IDS, ...REASON_IDS])];

/** A rule on a line: id, default level, what it asks for. */
function ruleLine(id: RuleId, paint: Paint, width: number): string {
  const { level, summary } = RULES[id];
  return `${paint('bold', id.padEnd(width))}  ${paint(level === 'deny' ? 'red' : 'yellow', level.padEnd(8))}  ${summary}`;
}

/** Every rule and every reason of injection whose id begins with a prefix, each on a line. */
export function idList(colour: boolean, prefix = ''): string {
  const paint = painter(colour);
  const width = Math.max(...IDS.map((id) => id.length));
  const rules = RULE_IDS.filter((id) => id.startsWith(prefix)).map((id) => ruleLine(id, paint, width));
  const reasons = reasonLines(paint, width, prefix);
  return [
    ...(rules.length > 0 ? ['Rules of validation, with their default level:\n', ...rules, ''] : []),
    ...(reasons.length > 0 ? ['Reasons of injection, with what they speak about:\n', ...reasons, ''] : []),
  ].join('\n');
}

/** What to say about an id that is neither a rule's nor a reason's. */
export function unknownId(id: string): string {
  const meant = closest(id, IDS);
  const hint =
    meant.length > 0
      ? `did you mean ${meant.join(', ')}?`
      : 'vmcp-admission explain, without an id, lists all of them';
  return `there is no rule or reason ${quoted(id)}; ${hint}`;
}

/** The id in a word as messages, links and the audit log write it: `[rule]`, `reason:`, `docs/rules/rule.md`. */
function idIn(word: string): string {
  return /^(?:.*[/#])?\[?([a-z0-9-]+)\]?(?:\.md|:)?$/i.exec(word)?.[1]?.toLowerCase() ?? word;
}

/** What explains a word: the page of a rule, the sentence of a reason, both, or the list of what begins with it. */
async function explanation(word: string, colour: boolean): Promise<string | undefined> {
  const id = idIn(word).replace(/-+\*?$/, '');
  const reason = reasonText(id, painter(colour));
  if (isRule(id)) {
    const page = await readRulePage(id);
    const text = page === undefined ? `${ruleUrl(id)}\n` : pageText(page, colour);
    return text + (reason === undefined ? '' : `\n${reason}`);
  }
  return reason ?? (IDS.some((known) => known.startsWith(`${id}-`)) ? idList(colour, `${id}-`) : undefined);
}

async function explain(word: string | undefined): Promise<number> {
  const colour = process.stdout.hasColors?.() ?? false;
  const text = word === undefined ? idList(colour) : await explanation(word, colour);
  if (text === undefined) return fail([unknownId(word ?? '')]);
  await write(process.stdout, text);
  return EXIT.clean;
}

const AFTER = `
Exit codes:
  0  explained
  2  there is no such rule or reason

Examples:
  vmcp-admission explain
  vmcp-admission explain remote-url
  vmcp-admission explain remote-url-private`;

/** `vmcp-admission explain [ID]`: what a rule is for, with examples, or what a reason means; without ID all of them. */
export function explainCommand(): Command {
  return new Command('explain')
    .summary('say what a rule or a reason of injection means')
    .description('Say what a rule or a reason of injection means. Without an id, list all of them.')
    .argument('[id]', 'id of a rule or a reason, the beginning of some, or a link to a page')
    .addHelpText('after', AFTER)
    .action(async (id: string | undefined) => {
      process.exitCode = await explain(id);
    });
}
