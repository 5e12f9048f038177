// Counts of tests, from vitest's reports. `TEST_COUNTS` may name a file in which the counts of several commands add up.
import { readFileSync, writeFileSync } from 'node:fs';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What vitest's JSON reporter writes, as far as it is used here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** The counts of a run of vitest that ended with `code` and wrote its report into the file. */
export function countReport(file: string, code: number): Counts {
  const report = readJson<VitestReport>(file);
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  // A file that cannot even be loaded has no tests that could fail; it counts as one.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    // vitest also fails for errors outside of tests.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function addCounts(all: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** Adds the counts to those in the file of `TEST_COUNTS`, if it is set; returns the sum. */
export function addToFile(counts: Counts, env: NodeJS.ProcessEnv): Counts {
  const file = env.TEST_COUNTS;
  if (!file) return counts;
  const before = readJson<Counts>(file);
  const total = addCounts(before ? [before, counts] : [counts]);
  writeFileSync(file, JSON.stringify(total));
  return total;
}

/** `N passed, N failed`, and what was skipped. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
