import { classHighlighter, highlightCode } from '@lezer/highlight';
import { parser } from '@lezer/yaml';

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function span(text: string, classes: string): string {
  return classes === '' ? escapeHtml(text) : `<span class="${classes}">${escapeHtml(text)}</span>`;
}

function yamlHtml(code: string): string {
  let html = '';
  highlightCode(
    code,
    parser.parse(code),
    classHighlighter,
    (text, classes) => {
      html += span(text, classes);
    },
    () => {
      html += '\n';
    },
  );
  return html;
}

/** A piece of a line of a terminal. The names of the styles are classes of the style sheet. */
export interface Piece {
  readonly text: string;
  readonly style: '' | 'command' | 'bad' | 'warn' | 'good' | 'dim';
}

/** What stands out in the output of kubectl and of the command line, which is recorded without colours. */
const STANDS_OUT: readonly (readonly [RegExp, Piece['style']])[] = [
  [/^\$ .*$|^>.*$/g, 'command'],
  [/^\+.*$/g, 'good'],
  [/^-(?!-).*$|^-$/g, 'bad'],
  [/^Warning:|\bwarning\b/g, 'warn'],
  [/\binjected\b/g, 'good'],
  [/\bentry-denied\b|\bdenied$|\berror\b|^The .* is invalid:/g, 'bad'],
  [/\[[a-z0-9-]+\]$|^POD .*$|^@@.*$|^What a rule means.*$/g, 'dim'],
];

/** The pieces of a line of a terminal. */
export function terminalPieces(line: string): Piece[] {
  const found = STANDS_OUT.flatMap(([pattern, style]) =>
    [...line.matchAll(pattern)].map((match) => ({ from: match.index, text: match[0], style })),
  ).sort((a, b) => a.from - b.from);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { from, text, style } of found) {
    if (from < at) continue;
    pieces.push({ text: line.slice(at, from), style: '' }, { text, style });
    at = from + text.length;
  }
  return [...pieces, { text: line.slice(at), style: '' } as const].filter(({ text }) => text !== '');
}

/** The lines of a terminal as HTML. */
export function terminalHtml(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      terminalPieces(line)
        .map((piece) => span(piece.text, piece.style && `term-${piece.style}`))
        .join(''),
    )
    .join('\n');
}

/** Code as HTML. */
export function highlight(code: string, language: string): string {
  if (language === 'yaml') return yamlHtml(code);
  return language === 'console' || language === 'diff' ? terminalHtml(code) : escapeHtml(code);
}
