import type { Finding } from '../rules/findings/verdict.ts';
import type { FindingCount, Level } from './counts.ts';
import type { StoredObject, StoredScan } from './scan.ts';

/** One finding of a stored object, in the words of a warning. */
export interface ReportedFinding {
  readonly rule: string;
  readonly level: Level;
  readonly field: string;
  readonly message: string;
}

/** An object with findings; the number of findings counts also those that are not listed. */
export interface ReportedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly total: number;
  readonly findings: readonly ReportedFinding[];
}

/** The body of `/findings`. */
export interface FindingsReport {
  /** True while changes are not judged yet. */
  readonly pending: boolean;
  readonly totals: readonly FindingCount[];
  /** The worst first, at most {@link MAX_OBJECTS}. */
  readonly objects: readonly ReportedObject[];
  /** Objects with findings that are not listed. */
  readonly more: number;
}

/** Objects in a report. */
export const MAX_OBJECTS = 100;
/** Findings of an object in a report. */
const MAX_FINDINGS = 10;

function sum(counts: readonly FindingCount[], level: Level): number {
  return counts.reduce((total, one) => total + (one.level === level ? one.count : 0), 0);
}

function worseFirst(a: StoredObject, b: StoredObject): number {
  const byCount =
    sum(b.counts, 'deny') - sum(a.counts, 'deny') || sum(b.counts, 'warn') - sum(a.counts, 'warn');
  if (byCount !== 0) return byCount;
  const place = ({ ref: { kind, namespace, name } }: StoredObject) => `${namespace} ${name} ${kind}`;
  return place(a) < place(b) ? -1 : 1;
}

/** The objects with the most findings: those that would be denied first. */
export function worstObjects(scan: StoredScan, limit: number): readonly StoredObject[] {
  return [...scan.withFindings()].sort(worseFirst).slice(0, limit);
}

/** The findings that there are, the most frequent first. */
export function presentCounts(scan: StoredScan): readonly FindingCount[] {
  return [...scan.counts()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
}

function toFindings(level: Level, findings: readonly Finding[]): readonly ReportedFinding[] {
  return findings.map(({ rule, field, detail }) => ({ rule, level, field, message: detail }));
}

function toObject(stored: StoredObject, scan: StoredScan): ReportedObject {
  const { denials, warnings } = scan.judge(stored);
  const findings = [...toFindings('deny', denials), ...toFindings('warn', warnings)];
  const { kind, namespace, name } = stored.ref;
  return { kind, namespace, name, total: findings.length, findings: findings.slice(0, MAX_FINDINGS) };
}

/**
 * What is wrong with what is stored. The findings are not kept, so the listed objects are judged again.
 * @param pause lets the event loop run between two objects
 */
export async function findingsReport(scan: StoredScan, pause: () => Promise<void>): Promise<FindingsReport> {
  const worst = worstObjects(scan, MAX_OBJECTS);
  const objects: ReportedObject[] = [];
  for (const one of worst) {
    objects.push(toObject(one, scan));
    await pause();
  }
  const all = [...scan.withFindings()].length;
  return { pending: scan.pending, totals: presentCounts(scan), objects, more: all - worst.length };
}
