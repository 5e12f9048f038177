import type { StalePods } from './comparedPods.ts';
import { isSameConfig } from './difference.ts';
import type { OldValue } from './oldValues.ts';
import { restartCommand } from './workload.ts';

/** Reasons for which a Pod gets no config because its owner wants it so. */
const WANTED: ReadonlySet<string> = new Set(['dynamic-mode', 'opted-out']);

/**
 * The command that brings new Pods, or why that would not help. The same for the command line and for the log.
 * @param flags how kubectl finds the cluster
 */
export function remedyOf({ workload, pods, staleness, fault }: StalePods, flags = ''): string {
  if (staleness.state === 'blocked' && !WANTED.has(staleness.reason))
    return 'correct that before the Pods are made anew: new ones would be without it';
  if (fault !== undefined) return `do not restart yet, the vMCP would end at start: ${fault}`;
  return restartCommand(workload, pods, flags);
}

/** `Secret stripe-key (token), written 2026-11-28T05:44:49Z`. */
export function valueText({ kind, name, keys, writtenAt }: OldValue): string {
  return `${kind} ${name}${keys.length > 0 ? ` (${keys.join(', ')})` : ''}, written ${writtenAt}`;
}

/** What Pods keep, after their number; the written values are named when nothing else is old. */
function keptText({ pods, staleness }: StalePods): string {
  const one = pods.length === 1;
  if (staleness.state === 'not-injected') return `${one ? 'has' : 'have'} no injected configuration`;
  const difference = staleness.state === 'stale' ? staleness.difference : undefined;
  const [first, ...more] = difference?.values ?? [];
  if (!difference || !first || !isSameConfig(difference))
    return `${one ? 'keeps' : 'keep'} an old configuration`;
  return `may run with an old value of ${valueText(first)}${more.length > 0 ? `, and of ${more.length} more` : ''}`;
}

/** `2 of 3 Pods keep an old configuration`. */
export function countText(stale: StalePods): string {
  const { pods, of } = stale;
  return `${pods.length} of ${of} Pod${of === 1 ? '' : 's'} ${keptText(stale)}`;
}
