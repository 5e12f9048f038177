import { painter } from './stdio.ts';

/** Marks of the source that a reader has no use for. */
const MARKS = /^<!-- .* -->\n/gm;

/**
 * A page of docs/rules for a terminal: the Markdown without comments and fences, examples indented. With colour,
 * headings and code stand out; without, everything is plain.
 */
export function pageText(markdown: string, colour: boolean): string {
  const paint = painter(colour);
  let code = false;
  const lines: string[] = [];
  for (const line of markdown.replace(MARKS, '').split('\n')) {
    if (line.startsWith('```')) {
      code = !code;
    } else if (code) {
      lines.push(line === '' ? '' : paint('dim', `    ${line}`));
    } else if (/^#+ /.test(line)) {
      lines.push(paint('bold', line.replace(/^#+ /, '')));
    } else {
      lines.push(
        line
          .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
          .replace(/\*\*([^*]*)\*\*/g, (_, text: string) => paint('bold', text)),
      );
    }
  }
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}
