import { escapeHtml, type Piece, terminalPieces } from './highlight.ts';

/** Columns of the terminal in the picture. */
const COLUMNS = 96;
const CHARACTER = 8.4;
const LINE = 20;
const MARGIN = 20;
const TITLE_BAR = 36;

interface Cell {
  readonly char: string;
  readonly style: Piece['style'];
}

function cellsOf(line: string): Cell[] {
  return terminalPieces(line).flatMap(({ text, style }) => [...text].map((char) => ({ char, style })));
}

/** Breaks a line as a terminal would, but between words. */
function wrapped(cells: readonly Cell[]): Cell[][] {
  if (cells.length <= COLUMNS) return [[...cells]];
  const space = cells.slice(0, COLUMNS).findLastIndex(({ char }) => char === ' ');
  const end = space > COLUMNS / 2 ? space + 1 : COLUMNS;
  return [cells.slice(0, end), ...wrapped(cells.slice(end))];
}

/** A line as text elements, each at its own column, so that every font keeps the columns. */
function lineSvg(cells: readonly Cell[], y: number): string {
  let svg = '';
  for (let at = 0; at < cells.length; ) {
    const style = cells[at]?.style ?? '';
    let end = at;
    while (end < cells.length && cells[end]?.style === style) end++;
    const text = cells
      .slice(at, end)
      .map(({ char }) => char)
      .join('');
    const shown = text.trim();
    const x = MARGIN + (at + text.length - text.trimStart().length) * CHARACTER;
    const place = `x="${x.toFixed(1)}" y="${y}" textLength="${(shown.length * CHARACTER).toFixed(1)}"`;
    if (shown !== '')
      svg += `<text ${place} lengthAdjust="spacingAndGlyphs"${style && ` class="${style}"`}>${escapeHtml(shown)}</text>\n`;
    at = end;
  }
  return svg;
}

const STYLE = `
.window { fill: #f6f8fa; stroke: #d0d7de; }
.dot { fill: #c3cad2; }
text { font: 14px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre; }
.command { font-weight: 700; }
.bad { fill: #b3261e; }
.warn { fill: #8a5200; }
.good { fill: #1c6b3a; }
.dim { fill: #59636e; }
@media (prefers-color-scheme: dark) {
  .window { fill: #161b22; stroke: #3d444d; }
  .dot { fill: #59636e; }
  text { fill: #e6edf3; }
  .bad { fill: #ff8a80; }
  .warn { fill: #f2b84b; }
  .good { fill: #7fd49a; }
  .dim { fill: #9198a1; }
}`;

/**
 * A terminal with what commands printed, as an SVG that is readable in light and in dark.
 * @param title what the picture shows, for who cannot see it
 */
export function terminalPicture(title: string, text: string): string {
  const lines = text.split('\n').flatMap((line) => wrapped(cellsOf(line)));
  const width = 2 * MARGIN + COLUMNS * CHARACTER;
  const height = TITLE_BAR + lines.length * LINE + MARGIN;
  const dots = [0, 1, 2].map(
    (index) => `<circle class="dot" cx="${MARGIN + 6 + index * 18}" cy="18" r="6"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img">
<title>${escapeHtml(title)}</title>
<style>${STYLE}
</style>
<rect class="window" x="0.5" y="0.5" width="${(width - 1).toFixed(0)}" height="${height - 1}" rx="8"/>
${dots.join('')}
${lines.map((cells, index) => lineSvg(cells, TITLE_BAR + 14 + index * LINE)).join('')}</svg>
`;
}
