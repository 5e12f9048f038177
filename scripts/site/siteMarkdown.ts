import createMarkdown, { type MarkdownIt, type Token } from 'markdown-it';
import { escapeHtml, highlight } from './highlight.ts';

/** A part of a page under one heading, as search finds it. */
export interface Section {
  readonly heading: string;
  /** The anchor of the heading; empty for the part before the first one. */
  readonly id: string;
  readonly level: number;
  readonly text: string;
}

/** Where a link leads on the site; a page has a title. */
export interface SiteLink {
  readonly href: string;
  readonly title?: string;
}

/** A page of Markdown as the site shows it. */
export interface RenderedPage {
  readonly title: string;
  readonly html: string;
  readonly sections: readonly Section[];
}

/** Notes in the source that a reader has no use for. */
const COMMENTS = /^<!-- .*? -->\n/gm;

/** The anchor that GitHub gives a heading. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** The words of inline Markdown, without marks and addresses. */
function wordsOf(inline: Token | undefined): string {
  return (inline?.children ?? [])
    .map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : ' '))
    .join('')
    .trim();
}

/** Gives each heading its anchor. */
function nameHeadings(tokens: readonly Token[]): void {
  const taken = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'heading_open') continue;
    const id = slug(wordsOf(tokens[index + 1]));
    const before = taken.get(id) ?? 0;
    taken.set(id, before + 1);
    token.attrSet('id', before === 0 ? id : `${id}-${before}`);
  }
}

/** Makes ordinary cells of the empty heads of columns: a head without words tells a screen reader nothing. */
function plainEmptyHeads(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries())
    if (token.type === 'th_open' && tokens[index + 1]?.content === '')
      for (const cell of [token, tokens[index + 2]]) if (cell) cell.tag = 'td';
}

function sectionsOf(tokens: readonly Token[]): Section[] {
  const sections: Section[] = [{ heading: '', id: '', level: 1, text: '' }];
  for (const [index, token] of tokens.entries()) {
    const last = sections.at(-1);
    const isHeading = tokens[index - 1]?.type === 'heading_open';
    if (token.type === 'heading_open' && token.tag !== 'h1')
      sections.push({
        heading: wordsOf(tokens[index + 1]),
        id: String(token.attrGet('id')),
        level: Number(token.tag.slice(1)),
        text: '',
      });
    // People search for what a terminal printed, not for the words of an example.
    const text = token.type === 'inline' && !isHeading ? wordsOf(token) : '';
    const said = token.type === 'fence' && token.info === 'console' ? token.content : text;
    if (last && said) sections[sections.length - 1] = { ...last, text: `${last.text} ${said}`.trim() };
  }
  return sections;
}

function fence(token: Token): string {
  const [language = '', ...words] = token.info.split(' ');
  const classes = [language, ...words.filter((word) => word === 'bad' || word === 'good')];
  return `<pre tabindex="0" class="${['code', ...classes].join(' ')}"><code>${highlight(token.content, language)}</code></pre>\n`;
}

function renderer(): MarkdownIt {
  const md = createMarkdown({ html: false });
  md.renderer.rules.fence = (tokens, index) => fence(tokens[index] as Token);
  md.renderer.rules.code_block = (tokens, index) => fence(tokens[index] as Token);
  md.renderer.rules.table_open = () =>
    '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
  md.renderer.rules.table_close = () => '</table></div>\n';
  md.renderer.rules.heading_close = (tokens, index) => {
    const { tag } = tokens[index] as Token;
    const id = tokens[index - 2]?.attrGet('id');
    const label = `Link to: ${escapeHtml(wordsOf(tokens[index - 1]))}`;
    const link = tag === 'h1' ? '' : ` <a class="anchor" href="#${id}" aria-label="${label}">#</a>`;
    return `${link}</${tag}>\n`;
  };
  return md;
}

const MARKDOWN = renderer();

/** Points the links of inline Markdown into the site. Where the words of a link are a file name, its title is shown. */
function pointLinks(inline: readonly Token[], link: (target: string) => SiteLink): void {
  for (const [index, token] of inline.entries()) {
    if (token.type !== 'link_open') continue;
    const { href, title } = link(String(token.attrGet('href')));
    token.attrSet('href', href);
    const words = inline[index + 1];
    if (title !== undefined && words?.type === 'text' && words.content.endsWith('.md')) words.content = title;
  }
}

/**
 * Renders Markdown as GitHub does, as far as the pages of this repository use it.
 * @param link where a link of the source leads on the site
 */
export function renderMarkdown(source: string, link: (target: string) => SiteLink): RenderedPage {
  const env = {};
  const tokens = MARKDOWN.parse(source.replace(COMMENTS, ''), env);
  nameHeadings(tokens);
  plainEmptyHeads(tokens);
  for (const { children } of tokens) pointLinks(children ?? [], link);
  const title = tokens.findIndex(({ type, tag }) => type === 'heading_open' && tag === 'h1');
  return {
    title: wordsOf(tokens[title + 1]),
    html: MARKDOWN.renderer.render(tokens, MARKDOWN.options, env),
    sections: sectionsOf(tokens),
  };
}
