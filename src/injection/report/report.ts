import { itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { redacted } from '../../text/redact.ts';
import { compare } from '../contract.ts';
import { byClaim, EXCLUSION_REASONS, type Exclusion, type Note, podNote } from './reasons.ts';

/** What became of a Pod; the JSON of the report annotation. Part of the public contract: more keys may come. */
export interface Report {
  readonly group: string;
  readonly mode: 'static' | 'dynamic';
  /** Names of the backends in the config, sorted. */
  readonly backends: readonly string[];
  /** Those of them that the base config of a self-managed Pod lists; undefined for other Pods. */
  readonly own: readonly string[] | undefined;
  readonly leftOut: readonly Exclusion[];
  readonly notes: readonly Note[];
  /** The ConfigMap and key that the config was made from; a later pass over the same Pod finds them here. */
  readonly base: { readonly configMap: string; readonly key: string } | undefined;
  /** True when nothing could be served and a backend that leads nowhere keeps the vMCP running. */
  readonly placeholder: boolean;
}

/**
 * The excluded backends by kind, name and reason, so that the same input gives the same report. No word of a message that
 * looks like a credential is shown.
 */
export function sortedExclusions(excluded: readonly Exclusion[]): readonly Exclusion[] {
  return excluded
    .map((one) => ({ ...one, message: redacted(one.message) }))
    .sort((a, b) => byClaim(a, b) || compare(a.reason, b.reason));
}

/** How much of the report is written when space is short. */
export type ReportDetail = 'full' | 'sentences' | 'counts';

/** The text of the report annotation, keys in a fixed order, empty optional parts absent. */
export function reportText(report: Report, detail: ReportDetail = 'full'): string {
  const { group, mode, backends, own, base } = report;
  const { leftOut, notes } = shortened(report, detail);
  return JSON.stringify({
    group,
    mode,
    // Never trimmed: a later pass knows from them which variables are not the owner's.
    backends,
    own,
    leftOut,
    notes: notes.length > 0 ? notes : undefined,
    base,
    placeholder: report.placeholder || undefined,
  });
}

/** The parts of a report that can become long, with less detail. */
function shortened({ leftOut, notes }: Report, detail: ReportDetail): Pick<Report, 'leftOut' | 'notes'> {
  if (detail === 'full') return { leftOut, notes };
  if (detail === 'sentences')
    return {
      leftOut: leftOut.map((one) => ({ ...one, message: EXCLUSION_REASONS[one.reason] })),
      notes: notes.filter(({ kind }) => kind === 'Pod'),
    };
  const message = `${leftOut.length} backends were left out; the log of the webhook and vmcp-admission inject name them all`;
  return { leftOut: [], notes: [podNote('report-trimmed', message)] };
}

/** Reads what a later pass needs of a report in the annotation; it is empty for anything else. */
export function readReport(text: string | undefined): Pick<Report, 'base' | 'backends' | 'own'> {
  const report = parsed(text);
  const [configMap, key] = [textAt(report, 'base', 'configMap'), textAt(report, 'base', 'key')];
  return {
    base: configMap !== undefined && key !== undefined ? { configMap, key } : undefined,
    backends: namesAt(report, 'backends'),
    own: valueAt(report, 'own') === undefined ? undefined : namesAt(report, 'own'),
  };
}

function namesAt(report: unknown, key: string): readonly string[] {
  return itemsAt(report, key).flatMap(([, name]) => (typeof name === 'string' ? name : []));
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return undefined;
  }
}

/** The report as warnings: what is not served, then what a person should know. One line each. */
export function reportWarnings(report: Report): readonly string[] {
  const { leftOut, notes, placeholder, group } = report;
  return [
    ...(placeholder
      ? [`group "${group}" has no backend that can be served: the vMCP starts, but serves nothing`]
      : []),
    ...leftOut.map(
      ({ kind, name, reason, message }) => `${kind} "${name}" is not served (${reason}): ${message}`,
    ),
    ...notes.map(noteWarning),
  ];
}

/** A note as a warning. */
export function noteWarning({ kind, name, message }: Note): string {
  return `${kind}${name ? ` "${name}"` : ''}: ${message}`;
}
