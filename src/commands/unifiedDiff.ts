/** Lines around a change that are shown with it. */
const CONTEXT = 3;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
  /** Lines of each side before this one. */
  readonly before: number;
  readonly after: number;
}

/** Lengths of the longest common subsequences of the ends of two lists. */
function commonLengths(from: readonly string[], to: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--) {
      const row = table[i];
      if (!row) continue;
      const below = table[i + 1];
      row[j] = from[i] === to[j] ? (below?.[j + 1] ?? 0) + 1 : Math.max(below?.[j] ?? 0, row[j + 1] ?? 0);
    }
  return table;
}

function compareLines(from: readonly string[], to: readonly string[]): Line[] {
  const table = commonLengths(from, to);
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const removed = from[i];
    const added = to[j];
    if (removed !== undefined && removed === added)
      lines.push({ mark: ' ', text: removed, before: i++, after: j++ });
    else if (removed !== undefined && (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))
      lines.push({ mark: '-', text: removed, before: i++, after: j });
    else if (added !== undefined) lines.push({ mark: '+', text: added, before: i, after: j++ });
    else if (removed !== undefined) lines.push({ mark: '-', text: removed, before: i++, after: j });
  }
  return lines;
}

function hunk(lines: readonly Line[]): string {
  const [first] = lines;
  const count = (mark: '-' | '+') => lines.filter((line) => line.mark === ' ' || line.mark === mark).length;
  const start = (at: number, length: number) => (length === 0 ? at : at + 1);
  const before = count('-');
  const after = count('+');
  const head = `@@ -${start(first?.before ?? 0, before)},${before} +${start(first?.after ?? 0, after)},${after} @@`;
  return [head, ...lines.map(({ mark, text }) => mark + text)].join('\n');
}

/** The unified diff of two texts, empty when they are equal. Texts of some thousand lines at most. */
export function unifiedDiff(from: string, to: string, fromName: string, toName: string): string {
  if (from === to) return '';
  const lines = compareLines(from.replace(/\n$/, '').split('\n'), to.replace(/\n$/, '').split('\n'));
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  const hunks: string[] = [];
  for (let start = 0; start < lines.length; start++) {
    if (!near[start]) continue;
    let end = start;
    while (near[end]) end++;
    hunks.push(hunk(lines.slice(start, end)));
    start = end;
  }
  return `--- ${fromName}\n+++ ${toName}\n${hunks.join('\n')}\n`;
}
