import { compare } from '../../injection/contract.ts';
import type { UnknownValue } from '../../stale/oldValues.ts';
import { countText, remedyOf, valueText } from '../../stale/remedy.ts';
import type { ComparedPod, Staleness, StalePods } from '../../stale/staleness.ts';
import { workloadText } from '../../stale/workload.ts';
import { counted, oneLine } from '../../text/line.ts';

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
  const { added, removed, changed, settings, values } = staleness.difference;
  const changes = changed.map(({ name, fields }) => `${name} (${fields.join(', ')})`);
  return [
    ...(added.length > 0 ? [`do not serve yet: ${named(added)}`] : []),
    ...(removed.length > 0 ? [`still serve: ${named(removed)}`] : []),
    ...(changed.length > 0 ? [`serve in an old form: ${named(changes)}`] : []),
    ...(settings.length > 0 ? [`have old settings: ${named(settings)}`] : []),
    ...values.slice(0, MAX_NAMES).map(valueText),
  ];
}

function staleLines(one: StalePods, flags: string): readonly string[] {
  const { workload, group, staleness } = one;
  return [
    oneLine(`${workloadText(workload)}${group === undefined ? '' : ` (group ${group})`}: ${countText(one)}`),
    ...differenceLines(staleness).map((line) => `  ${oneLine(line)}`),
    `  ${oneLine(remedyOf(one, flags), 4_096)}`,
  ].map((line) => `${line}\n`);
}

/**
 * The stale Pods for a person: a paragraph for each workload, then a sum.
 * @param flags how kubectl finds the cluster
 */
export function staleText(compared: readonly ComparedPod[], stale: readonly StalePods[], flags = ''): string {
  const count = stale.reduce((sum, { pods }) => sum + pods.length, 0);
  const sum = `${counted(compared.length, 'vMCP Pod')} compared: ${count} of them would be made differently now\n`;
  return stale.flatMap((one) => staleLines(one, flags)).join('') + sum;
}

/** The items of `inject --stale --output json`. */
export function toStaleItems(stale: readonly StalePods[], flags = ''): readonly Record<string, unknown>[] {
  return stale.map((one) => {
    const { workload, group, virtualServer, pods, of, staleness } = one;
    return { workload, group, virtualServer, pods, of, ...staleness, remedy: remedyOf(one, flags) };
  });
}

/** `Secret apps/stripe-key (no managedFields)`. */
function unknownText(namespace: string, { kind, name, why, reason }: UnknownValue): string {
  const because = why === 'no-times' ? 'no managedFields' : reason;
  return `${kind} ${namespace}/${name}${because === undefined ? '' : ` (${because})`}`;
}

/** The Secrets and ConfigMaps of which it is not known whether they were written since Pods read them; empty when it is of all. */
export function unknownNote(compared: readonly ComparedPod[]): string {
  const all = compared.flatMap(({ workload: { namespace }, unknown }) =>
    unknown.map((value) => ({ why: value.why, text: unknownText(namespace, value) })),
  );
  const texts = (isWanted: (why: UnknownValue['why']) => boolean) =>
    [...new Set(all.filter(({ why }) => isWanted(why)).map(({ text }) => text))].sort(compare);
  const notPermitted = texts((why) => why === 'not-permitted');
  const others = texts((why) => why !== 'not-permitted');
  const notes = [
    ...(notPermitted.length > 0
      ? [
          `new values of ${counted(notPermitted.length, 'Secret')} are not looked for; --secrets does, and needs the right to get Secrets`,
        ]
      : []),
    ...(others.length > 0
      ? [`it is not known whether these were written after the Pods started: ${named(others)}`]
      : []),
  ];
  return notes.map((note) => `note: ${oneLine(note)}\n`).join('');
}
