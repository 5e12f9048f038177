import type { Dice, Mutant } from './data.ts';

/** What is put somewhere into a text. */
const PIECES = [
  ...[
    '\t',
    ' ',
    '  ',
    '\n',
    '\r',
    '\r\n',
    '\u0001',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u0000',
    '\ufeff',
    '\ufffe',
  ],
  ...[
    '"',
    "'",
    ':',
    ': ',
    ' #',
    '- ',
    '? ',
    ', ',
    '{',
    '}',
    '[',
    ']',
    '|',
    '>',
    '%',
    '@',
    '`',
    '!',
    '&a ',
    '*a',
  ],
  ...[
    '!!str ',
    '!!int ',
    '!!null ',
    '!!binary ',
    '!odd ',
    '!!map ',
    '&new ',
    '*name ',
    '*unknown ',
    '<<: ',
    '~',
  ],
] as const;

/** What becomes a line of its own. */
const LINES = [
  ...['---', '...', '%YAML 1.1', '%YAML 1.2\n---', '# comment', 'x: 1', '<<: {name: merged}', '<<: [{a: 1}]'],
  ...[
    '? name\n: twice',
    'name: twice',
    '"name": twice',
    '? [a]\n: b',
    '? {a: b}\n: c',
    '~: 1',
    '- item',
    '}',
  ],
  ...[
    'metadata: *name',
    '<<: *unknown',
    'metadata: {a: 1, a: 2}',
    'metadata: {1: a, "1": b}',
    'audit: !!null x',
  ],
] as const;

function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length]!;
}

/** The places where a value or a token begins: a change there means something more often than inside a word. */
function tokenStarts(text: string): number[] {
  return [...text.matchAll(/[^\s,:{}[\]]+/g)].map(({ index }) => index);
}

const CHANGES: readonly ((text: string, place: number, choice: number) => Mutant)[] = [
  (text, place, choice) => {
    const at = pick(tokenStarts(text), place);
    const piece = pick(PIECES, choice);
    return {
      change: `${JSON.stringify(piece)} before ${JSON.stringify(text.slice(at, at + 20))}`,
      yaml: text.slice(0, at) + piece + text.slice(at),
    };
  },
  (text, place, choice) => {
    const at = place % text.length;
    const piece = pick(PIECES, choice);
    return {
      change: `${JSON.stringify(piece)} at ${at}, before ${JSON.stringify(text.slice(at, at + 20))}`,
      yaml: text.slice(0, at) + piece + text.slice(at),
    };
  },
  (text, place, choice) => {
    const lines = text.split('\n');
    const at = place % lines.length;
    const line = pick(LINES, choice);
    return { change: `line ${JSON.stringify(line)} at ${at}`, yaml: lines.toSpliced(at, 0, line).join('\n') };
  },
  (text, place, choice) => {
    const lines = text.split('\n');
    const at = place % lines.length;
    const line = lines[at] ?? '';
    const made = pick([[], [line, line], [` ${line}`], [line.slice(1)], [`${line} `], [`#${line}`]], choice);
    return {
      change: `line ${at} ${JSON.stringify(line)} becomes ${JSON.stringify(made)}`,
      yaml: lines.toSpliced(at, 1, ...made).join('\n'),
    };
  },
  (text, place) => {
    const at = place % text.length;
    return {
      change: `without ${JSON.stringify(text.slice(at, at + 1))} at ${at}`,
      yaml: text.slice(0, at) + text.slice(at + 1),
    };
  },
  (text, place) => ({ change: `cut at ${place % text.length}`, yaml: text.slice(0, place % text.length) }),
  (text, _, choice) => {
    const [change, yaml] = pick(
      [
        ['CRLF', text.replaceAll('\n', '\r\n')],
        ['CR', text.replaceAll('\n', '\r')],
        ['a byte order mark', `\ufeff${text}`],
        ['two documents', `${text}\n---\n[`],
        ['all of it indented', text.replace(/^/gm, '  ')],
        ['tabs for indentation', text.replace(/^ {2}/gm, '\t')],
      ] as const,
      choice,
    );
    return { change, yaml };
  },
];

/** Changes the text of a config, as a slip of the hand or an unusual editor does. */
export function mutateText(text: string, dice: readonly Dice[]): Mutant {
  let yaml = text;
  const changes: string[] = [];
  for (const { place, kind, choice } of dice) {
    const mutant = pick(CHANGES, kind)(yaml, place, choice);
    changes.push(mutant.change);
    yaml = mutant.yaml;
  }
  return { change: changes.join('; '), yaml };
}
