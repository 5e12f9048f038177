import type { StalePods } from './comparedPods.ts';
import { restartCommand } from './workload.ts';

/** Reasons for which a Pod gets no config because its owner wants it so. */
const WANTED: ReadonlySet<string> = new Set(['dynamic-mode', 'opted-out']);

/** The command that brings new Pods, or why that would not help. The same for the command line and for the log. */
export function remedyOf({ workload, pods, staleness, fault }: StalePods): string {
  if (staleness.state === 'blocked' && !WANTED.has(staleness.reason))
    return 'correct that before the Pods are made anew: new ones would be without it';
  if (fault !== undefined) return `do not restart yet, the vMCP would end at start: ${fault}`;
  return restartCommand(workload, pods);
}

/** `2 of 3 Pods keep an old configuration`. */
export function countText({ pods, of, staleness }: StalePods): string {
  const one = pods.length === 1;
  const said =
    staleness.state === 'not-injected'
      ? `${one ? 'has' : 'have'} no injected configuration`
      : `${one ? 'keeps' : 'keep'} an old configuration`;
  return `${pods.length} of ${of} Pod${of === 1 ? '' : 's'} ${said}`;
}
