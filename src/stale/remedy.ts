import { isSameConfig } from './difference.ts';
import type { OldValue } from './oldValues.ts';
import type { StalePods } from './staleness.ts';
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

/** `may run with what Secret stripe-key (token) had before 2026-11-28T05:44:49Z`. */
export function valueText({ kind, name, keys, writtenAt }: OldValue): string {
  const which = keys.length > 0 ? ` (${keys.join(', ')})` : '';
  return `may run with what ${kind} ${name}${which} had before ${writtenAt}`;
}

/** The values that alone make Pods stale; empty when they keep an old config, too. */
function onlyValues({ staleness }: StalePods): readonly OldValue[] {
  return staleness.state === 'stale' && isSameConfig(staleness.difference) ? staleness.difference.values : [];
}

function numberText({ pods, of }: StalePods): string {
  return `${pods.length} of ${of} Pod${of === 1 ? '' : 's'}`;
}

/** `2 of 3 Pods keep an old configuration`. */
export function countText(stale: StalePods): string {
  const { pods, staleness } = stale;
  const one = pods.length === 1;
  const kept =
    staleness.state === 'not-injected'
      ? `${one ? 'has' : 'have'} no injected configuration`
      : onlyValues(stale).length > 0
        ? 'may run with old values'
        : `${one ? 'keeps' : 'keep'} an old configuration`;
  return `${numberText(stale)} ${kept}`;
}

/** As {@link countText}, with the name of the value where nothing else is old. */
export function summaryText(stale: StalePods): string {
  const [first, ...more] = onlyValues(stale);
  if (first === undefined) return countText(stale);
  return `${numberText(stale)} ${valueText(first)}${more.length > 0 ? `, and with ${more.length} more that are old` : ''}`;
}
