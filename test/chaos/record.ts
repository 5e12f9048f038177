import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Row, Scenario } from './scenario.ts';

/** The rows as Markdown. */
export function tableText(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = rows.map(
    ({ what, figure, limit, ok }) =>
      `| ${cell(what)} | ${cell(figure)} | ${cell(limit)} | ${ok ? 'yes' : '**NO**'} |`,
  );
  return ['| what | measured | limit | kept |', '|---|---|---|---|', ...lines].join('\n');
}

/** Writes a scenario's rows between its two markers in docs/reliability.md. @throws when they are not there. */
export async function record(root: string, { name }: Scenario, rows: readonly Row[]): Promise<void> {
  const file = join(root, 'docs/reliability.md');
  const page = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has no place for ${name}`);
  const machine = `Measured on ${availableParallelism()} cores (${process.platform} ${process.arch}), Node ${process.version}.`;
  const text = `${page.slice(0, from + begin.length)}\n${tableText(rows)}\n\n${machine}\n${page.slice(to)}`;
  await writeFile(file, text);
}
