import type { PodReason } from '../report/reasons.ts';
import type { InjectionSettings } from '../settings.ts';
import type { Facts } from './facts.ts';

/** `inject` goes on to the plan, `relax` only makes optional, `skip` leaves the Pod as it is, `refuse` denies it. */
export type Decision =
  | { readonly action: 'inject' }
  | { readonly action: 'relax'; readonly reason: PodReason }
  | { readonly action: 'skip'; readonly reason: PodReason }
  | { readonly action: 'refuse'; readonly reason: PodReason };

/** The rows of {@link decide} for which a look at the Pod's metadata is enough; undefined when more must be known. */
export function decideByHead({
  vmcpPod,
  mirror,
  optedOut,
}: Pick<Facts, 'vmcpPod' | 'mirror' | 'optedOut'>): Extract<Decision, { action: 'skip' }> | undefined {
  if (!vmcpPod) return { action: 'skip', reason: 'not-a-vmcp-pod' };
  if (mirror) return { action: 'skip', reason: 'mirror-pod' };
  if (optedOut) return { action: 'skip', reason: 'opted-out' };
  return undefined;
}

/**
 * Whether and how a Pod is treated. The first row that fits decides; `-` means either.
 *
 * | vMCP Pod | mirror | opted out | self-managed | VirtualMCPServer known | group named | group exists | static | decision |
 * |---|---|---|---|---|---|---|---|---|
 * | no  | -   | -   | -   | -   | -   | -   | -   | skip: not-a-vmcp-pod |
 * | yes | yes | -   | -   | -   | -   | -   | -   | skip: mirror-pod |
 * | yes | no  | yes | -   | -   | -   | -   | -   | skip: opted-out |
 * | yes | no  | no  | yes | -   | no  | -   | -   | refuse (or, by setting, skip): group-not-named |
 * | yes | no  | no  | yes | -   | yes | no  | -   | refuse (or, by setting, skip): group-unknown |
 * | yes | no  | no  | yes | -   | yes | yes | -   | inject |
 * | yes | no  | no  | no  | no  | -   | -   | -   | skip: virtual-server-unknown |
 * | yes | no  | no  | no  | yes | no  | -   | -   | skip: group-not-named |
 * | yes | no  | no  | no  | yes | yes | -   | no  | relax: dynamic-mode |
 * | yes | no  | no  | no  | yes | yes | -   | yes | inject |
 *
 * An operator-made Pod is injected although its MCPGroup is gone: refusing it would stop a vMCP that runs today.
 */
export function decide(facts: Facts, settings: InjectionSettings): Decision {
  const byHead = decideByHead(facts);
  if (byHead) return byHead;
  if (facts.selfManaged) {
    const action = settings.unknownGroup === 'refuse' ? 'refuse' : 'skip';
    if (!facts.groupNamed) return { action, reason: 'group-not-named' };
    if (!facts.groupExists) return { action, reason: 'group-unknown' };
    return { action: 'inject' };
  }
  if (!facts.virtualServerKnown) return { action: 'skip', reason: 'virtual-server-unknown' };
  if (!facts.groupNamed) return { action: 'skip', reason: 'group-not-named' };
  return facts.staticMode ? { action: 'inject' } : { action: 'relax', reason: 'dynamic-mode' };
}
