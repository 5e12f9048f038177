import { docsUrl } from '../docs.ts';
import type { CheckId, Finding, Phase } from './checks.ts';
import { worst } from './checks.ts';
import type { Target } from './facts.ts';
import { STATUSES, type Status } from './result.ts';

/** Puts a text into the colour of a status. */
export type Paint = (status: Status, text: string) => string;

export interface TextOptions {
  /** Every check, not only those that are not fine. */
  readonly verbose: boolean;
  readonly paint: Paint;
}

/** Where docs/doctor.md tells what a finding means and what to do. */
export function hintUrl({ id, cause }: Finding): string {
  return docsUrl(`docs/doctor.md#${cause ?? id}`);
}

/** The checks of an installation in the order of repair: a check may have failed because of those before it. */
export const REPAIR_ORDER: readonly CheckId[] = [
  'kubernetes-version',
  'toolhive-crds',
  'toolhive-version',
  'account-rights',
  'network-policy',
  'serving-certificate',
  'image-version',
  'deployment',
  'replicas',
  'service',
  'endpoints',
  'certificate-names',
  'ca-bundle',
  'trust',
  'served-pair',
  'validating-configuration',
  'mutating-configuration',
  'reachable',
  'entry-denied',
  'pod-refused',
];

/** The failed check to begin with, and those to look at next; empty when only one check, or only proofs, have failed. */
function beginning(findings: readonly Finding[]): string {
  const failed = REPAIR_ORDER.flatMap(
    (id) => findings.find((finding) => finding.id === id && finding.status === 'failed') ?? [],
  );
  const [first, ...others] = failed.filter(({ group }) => group !== 'proof');
  if (first === undefined || failed.length === 1) return '';
  const then = others.length > 0 ? `then look at ${others.map(({ id }) => id).join(', ')}\n` : '';
  return `begin with ${first.id}: ${first.message}\n${then}\n`;
}

function counts(findings: readonly Finding[]): string {
  const parts = STATUSES.toReversed().map((status) => {
    const count = findings.filter((finding) => finding.status === status).length;
    return count > 0 ? `${count} ${status}` : '';
  });
  return parts.filter((part) => part !== '').join(', ');
}

function lines(finding: Finding, paint: Paint): string[] {
  const { id, cause, status, message } = finding;
  const line = `  ${paint(status, status)} ${cause ? `${id} (${cause})` : id}: ${message}`;
  return status === 'ok' || status === 'note' || status === 'unknown'
    ? [line]
    : [line, `    ${hintUrl(finding)}`];
}

/** The check to begin with, a line for each group, and below it what is not fine. */
export function textReport(findings: readonly Finding[], { verbose, paint }: TextOptions): string {
  const groups = [...new Set(findings.map(({ group }) => group))];
  const width = Math.max(...groups.map((group) => group.length));
  const texts = groups.flatMap((group) => {
    const own = findings.filter((finding) => finding.group === group);
    const status = worst(own);
    const shown = own.filter((finding) => verbose || finding.status !== 'ok');
    return [`${group.padEnd(width)}  ${paint(status, status)}`, ...shown.flatMap((one) => lines(one, paint))];
  });
  return `${beginning(findings)}${texts.join('\n')}\n\n${counts(findings)}\n`;
}

/** True when nothing has failed. */
export function isFine(findings: readonly Finding[]): boolean {
  return worst(findings) !== 'failed';
}

/** The report for programs. */
export function jsonReport(findings: readonly Finding[], { name, namespace }: Target, phase: Phase): string {
  const checks = findings.map((finding) => ({ ...finding, docs: hintUrl(finding) }));
  return `${JSON.stringify({ phase, name, namespace, ok: isFine(findings), checks }, undefined, 2)}\n`;
}
