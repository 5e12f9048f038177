import type { ComparedPod, Staleness, StalePods } from '../../stale/comparedPods.ts';
import { countText, remedyOf } from '../../stale/remedy.ts';
import { workloadText } from '../../stale/workload.ts';
import { oneLine } from '../../text/line.ts';

/** More names than a line can list. */
const MAX_NAMES = 10;

function named(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** What a Pod keeps, a line for each kind of difference. */
function differenceLines(staleness: Staleness): readonly string[] {
  if (staleness.state === 'not-injected') return ['made without injection; a new Pod would be injected'];
  if (staleness.state === 'blocked')
    return [`a new Pod would get no config (${staleness.reason}): ${staleness.message}`];
  const { added, removed, changed, settings } = staleness.difference;
  const changes = changed.map(({ name, fields }) => `${name} (${fields.join(', ')})`);
  return [
    ...(added.length > 0 ? [`do not serve yet: ${named(added)}`] : []),
    ...(removed.length > 0 ? [`still serve: ${named(removed)}`] : []),
    ...(changed.length > 0 ? [`serve in an old form: ${named(changes)}`] : []),
    ...(settings.length > 0 ? [`have old settings: ${named(settings)}`] : []),
  ];
}

function staleLines(one: StalePods): readonly string[] {
  const { workload, group, staleness } = one;
  return [
    oneLine(`${workloadText(workload)}${group === undefined ? '' : ` (group ${group})`}: ${countText(one)}`),
    ...differenceLines(staleness).map((line) => `  ${oneLine(line)}`),
    `  ${oneLine(remedyOf(one), 4_096)}`,
  ].map((line) => `${line}\n`);
}

/** The stale Pods for a person: a paragraph for each workload, then a sum. */
export function staleText(compared: readonly ComparedPod[], stale: readonly StalePods[]): string {
  const count = stale.reduce((sum, { pods }) => sum + pods.length, 0);
  const sum = `${compared.length} vMCP Pod${compared.length === 1 ? '' : 's'} compared: ${count} of them would be made differently now\n`;
  return stale.flatMap(staleLines).join('') + sum;
}

/** One item of `inject --stale --output json`. */
export function toStaleItem(one: StalePods): Record<string, unknown> {
  const { workload, group, virtualServer, pods, of, staleness } = one;
  return { workload, group, virtualServer, pods, of, ...staleness, remedy: remedyOf(one) };
}
