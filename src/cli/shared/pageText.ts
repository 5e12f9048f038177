import { docsUrl } from '../../docs.ts';
import { oneLine } from '../../text/line.ts';
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

/** The text of a section of a page before its first example, as one line of at most 1000 characters. */
export function sectionText(markdown: string, section: string): string {
  const [, rest = ''] = markdown.split(`\n## ${section}\n`);
  return oneLine(pageText(rest.split(/^(?:## |```|<!--)/m)[0] ?? '', false), 1000);
}

/** A page for a viewer of Markdown elsewhere: links lead to the published pages, and there are no comments. */
export function pageMarkdown(markdown: string): string {
  return markdown
    .replace(MARKS, '')
    .replace(
      /\]\((?![a-z]+:)([^)]+)\)/g,
      (_, path: string) => `](${new URL(path, docsUrl('docs/rules/')).href})`,
    );
}
