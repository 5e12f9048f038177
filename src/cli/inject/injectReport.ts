import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { stringify } from 'yaml';
import { textAt } from '../../kubernetes/record.ts';
import type { InjectedPod } from '../../offline/inject.ts';
import { oneLine } from '../../text/line.ts';

/** A Pod as kubectl reads it. `yes` and the like are quoted, since some readers take them for booleans. */
export function podYaml(pod: unknown): string {
  return stringify(pod, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false });
}

/** True for what `inject` prints: the Pods that would run. Templates without a vMCP are not printed. */
export function isPrinted({ injection, fromTemplate }: InjectedPod): boolean {
  return injection.decision !== 'refused' && !(fromTemplate && injection.reason === 'not-a-vmcp-pod');
}

/** The Pods as YAML documents. */
export function podsYaml(items: readonly InjectedPod[]): string {
  return items
    .filter(isPrinted)
    .map(({ injection }) => podYaml(injection.pod))
    .join('---\n');
}

/** One item of `inject --output json`. Part of the public contract. */
export function toInjectItem({ injection }: InjectedPod): Record<string, unknown> {
  const { pod, decision, reason, message, report, notes, patch } = injection;
  const { backends = [], leftOut = [] } = report ?? {};
  return { pod, decision, reason, message, backends, leftOut, notes, patch };
}

function nameOf({ injection, origin }: InjectedPod): string {
  const name = (field: string) => textAt(injection.pod, 'metadata', field);
  return name('name') ?? name('generateName') ?? origin;
}

function label(item: InjectedPod): string {
  return `${item.namespace}/${nameOf(item)}`;
}

/** Rows in columns that are as wide as their widest cell, the last one open. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd((widths[index] ?? 0) + 2)))
        .join(''),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function podRow(item: InjectedPod): readonly string[] {
  const { decision, reason, group, report } = item.injection;
  const counts = report ? [String(report.backends.length), String(report.leftOut.length)] : ['-', '-'];
  return [label(item), decision, reason, group ?? '-', ...counts].map((cell) => oneLine(cell, 200));
}

/** The report for a person: a row for every Pod, then what is not served and what else is to be known. */
export function injectText(items: readonly InjectedPod[]): string {
  if (items.length === 0) return 'nothing to inject: the input has no Pod, workload or VirtualMCPServer\n';
  const pods = columns([['POD', 'DECISION', 'REASON', 'GROUP', 'SERVED', 'LEFT OUT'], ...items.map(podRow)]);
  const details = items.flatMap((item) => {
    const { report, notes, message, reason } = item.injection;
    // Of what has nothing to do with a vMCP, the row says enough.
    const why = report || reason === 'not-a-vmcp-pod' ? [] : [[label(item), '-', reason, message]];
    const leftOut = report?.leftOut ?? [];
    return [
      ...why,
      ...leftOut.map((left) => [label(item), `${left.kind}/${left.name}`, left.reason, left.message]),
      ...notes.map((note) => [
        label(item),
        note.name ? `${note.kind}/${note.name}` : note.kind,
        note.reason,
        note.message,
      ]),
    ];
  });
  if (details.length === 0) return pods;
  const rows = details.map((row) => row.map((cell) => oneLine(cell)));
  return `${pods}\n${columns([['POD', 'ABOUT', 'REASON', 'MESSAGE'], ...rows])}`;
}

/** The unified diff of two texts as `diff -u` prints it; empty when they are equal. */
export function unifiedDiff(from: string, to: string, fromName: string, toName: string): string {
  if (from === to) return '';
  return createTwoFilesPatch(fromName, toName, from, to, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

/** A unified diff of every printed Pod against the input. */
export function podsDiff(items: readonly InjectedPod[]): string {
  return items
    .filter(isPrinted)
    .map((item) => {
      const name = label(item);
      return unifiedDiff(podYaml(item.pod), podYaml(item.injection.pod), `a/${name}`, `b/${name}`);
    })
    .join('');
}
