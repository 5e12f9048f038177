import { readFileSync, writeFileSync } from 'node:fs';
import type { Report } from './report.ts';

export function saveReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** Reads what `--save` or `--json` wrote. @throws one sentence when it is something else. */
export function readReport(file: string): Report {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code ?? 'it is no JSON; was it redirected from npm without --silent?';
    throw new Error(`${file} cannot be read (${why}). Write one with: npm run bench -- --save ${file}`);
  }
  if (!Array.isArray((report as Partial<Report> | null)?.figures))
    throw new Error(
      `${file} is no report of this benchmark. Write one with: npm run bench -- --save ${file}`,
    );
  return report as Report;
}
