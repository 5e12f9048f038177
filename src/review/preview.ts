import { byKind, type Lookup, type Member } from '../catalog/catalog.ts';
import type { Backend } from '../injection/discovery/backend.ts';
import { discover } from '../injection/discovery/discover.ts';
import type { EligibilityFacts } from '../injection/discovery/eligible.ts';
import type { Selection } from '../injection/report/reasons.ts';
import { forecast, type Outlook } from '../injection/resolve.ts';
import type { ConfigMap } from '../kubernetes/configMap.ts';
import { remember } from '../remember.ts';
import { receiverUrl } from '../rules/credentials/members.ts';
import { invalid } from '../rules/findings/finding.ts';
import type { Finding } from '../rules/findings/verdict.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Facts } from '../rules/rule.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { normalise } from '../toolhive/names.ts';
import { keyOf, type Named, previewWords } from './previewWords.ts';

/** vMCPs that are told about, a line each. */
const MAX_VMCPS = 3;
/** A larger group is not resolved as a whole; the line names only what changes. */
const MAX_MEMBERS = 40;

/** A write of a member of a group. */
export interface MemberWrite {
  /** The member as it is written, or as it is deleted. */
  readonly member: Member;
  /** Undefined before its creation. */
  readonly before: Member | undefined;
  /** Undefined after its deletion. */
  readonly after: Member | undefined;
  /** Whether the status is written; every other write leaves that to the controller. */
  readonly status: boolean;
}

/** The members of a group by the form of their names that conflicts are about, made once for the same members. */
const byNormalised = remember((members: readonly Member[]) =>
  Map.groupBy(members, ({ metadata }) => normalise(metadata.name)),
);

/**
 * The member as it will be when its controller has looked at it: an entry without a status is judged by its spec, as in
 * manifests, and a workload gets a URL.
 */
function anticipated(member: Member): Member {
  if (member.kind === 'MCPServerEntry') return { ...member, status: undefined };
  if (member.url) return member;
  return {
    ...member,
    url: member.kind === 'MCPServer' ? receiverUrl(member) : 'http://not-written-yet.invalid/',
  };
}

/** What a vMCP makes of its whole group as it is stored, and of what that was made. */
interface Known {
  readonly revision: object;
  readonly policy: Policy;
  readonly outlook: Outlook;
}

/**
 * The last outlook on the stored group of each vMCP. One of 20 members takes 0.3 ms, and is right while the namespace is the
 * same: several dry runs and a denial or two between two changes.
 */
const known = new WeakMap<VirtualMcpServer, Known>();

const NONE = new Map<string, never>();

function storedOutlook(vmcp: VirtualMcpServer, members: readonly Member[], facts: EligibilityFacts): Outlook {
  const { policy, view } = facts;
  const { revision } = view;
  const before = known.get(vmcp);
  if (before && before.revision === revision && before.policy === policy) return before.outlook;
  const whole = { ...facts, configMaps: NONE, accepted: undefined };
  const outlook = forecast(vmcp, discover(members, vmcp.group ?? '', whole), whole);
  if (revision !== undefined) known.set(vmcp, { revision, policy, outlook });
  return outlook;
}

type Found = Selection<Backend>;

const NOTHING: Found = { backends: [], excluded: [], notes: [] };

/** The whole group after a write: the stored one, with what the write changes in it. */
function merged(stored: Outlook, before: Outlook, after: Outlook): Outlook {
  const touched = new Set(
    [before, after].flatMap(({ backends, excluded }) => [...backends, ...excluded].map(keyOf)),
  );
  const kept = <T extends Named>(some: readonly T[]) => some.filter((one) => !touched.has(keyOf(one)));
  return {
    backends: [...kept(stored.backends), ...after.backends].sort((a, b) => (a.name < b.name ? -1 : 1)),
    excluded: [...kept(stored.excluded), ...after.excluded],
  };
}

/** The policy of Pods in the namespace, and the name of the member when that policy denies nothing of it. */
type JudgedBy = Pick<EligibilityFacts, 'policy' | 'accepted'>;

/** True for a vMCP that adds nothing to the auth of its backends: all of these serve the same members. */
function isPlain({ authServer, backendAuth, defaultAuth }: VirtualMcpServer): boolean {
  return !authServer && !defaultAuth?.authConfig && Object.keys(backendAuth).length === 0;
}

/** What the members of a group become of which the written one may take a name, and itself, before and after the write. */
interface Discoveries {
  readonly earlier: Found;
  readonly later: Found;
}

/** Undefined for a name that more members than {@link MAX_MEMBERS} have in a like form: each is judged against all. */
function discoveries(group: string, write: MemberWrite, facts: EligibilityFacts): Discoveries | undefined {
  const { member, before, after, status } = write;
  const alike = byNormalised(facts.view.members(group)).get(normalise(member.metadata.name)) ?? [];
  if (alike.length > MAX_MEMBERS) return undefined;
  const others = alike.filter(
    ({ kind, metadata }) => kind !== member.kind || metadata.name !== member.metadata.name,
  );
  const discovered = (one: Member | undefined, by: EligibilityFacts) => {
    const some = one?.group === group ? [...others, one].sort(byKind) : others;
    return some.length === 0 ? NOTHING : discover(some, group, by);
  };
  return {
    // What is stored of the member was not judged now.
    earlier: discovered(before, { ...facts, accepted: undefined }),
    later: discovered(status ? after : after && anticipated(after), facts),
  };
}

/** A line for each vMCP of a group to which the write makes a difference. */
function* linesOf(group: string, write: MemberWrite, facts: EligibilityFacts): Generator<string, void> {
  const { view } = facts;
  const { member } = write;
  const isDeletion = write.after === undefined;
  const found = discoveries(group, write, facts);
  if (found === undefined) return;
  const { earlier, later } = found;
  const stored = view.members(group);
  const isSmall = stored.length <= MAX_MEMBERS;
  const phaseOf = (name: string) => (name === member.metadata.name ? member : view.entry(name));
  const outlooks = (vmcp: VirtualMcpServer) => ({
    before: forecast(vmcp, earlier, facts),
    after: forecast(vmcp, later, facts),
  });
  let ofPlain: ReturnType<typeof outlooks> | undefined;
  for (const vmcp of view.virtualServersOf(group)) {
    if (isPlain(vmcp)) ofPlain ??= outlooks(vmcp);
    const { before, after } = isPlain(vmcp) && ofPlain ? ofPlain : outlooks(vmcp);
    // A vMCP of the other source finds its members by ToolHive's own rules, so only what changes is told.
    const isKnown = isSmall && vmcp.source === 'inline';
    const whole = () => (isKnown ? merged(storedOutlook(vmcp, stored, facts), before, after) : undefined);
    const words = previewWords({ vmcp, member, isDeletion, before, after, whole, phaseOf });
    if (words !== undefined) yield words;
  }
}

function groupsOf({ before, after }: MemberWrite): readonly string[] {
  return [...new Set([before?.group, after?.group])].filter((group) => group !== undefined);
}

/**
 * What a write changes for the vMCPs of the member's group: a line for each, at most {@link MAX_VMCPS}, and none for a vMCP
 * that serves the same as before. Resolved as for a Pod, so that preview and injection cannot disagree. Pure; never throws.
 */
export function previewWrite(write: MemberWrite, facts: Facts, judged: JudgedBy): Finding[] {
  const { view, configMap, now } = facts;
  const { after } = write;
  const configMaps = new Map<string, Lookup<ConfigMap>>();
  if (after?.kind === 'MCPServerEntry' && after.caBundle && configMap)
    configMaps.set(after.caBundle.name, configMap);
  // The Secrets and ConfigMaps of other members are not read.
  const eligibility = { view, configMaps, secrets: undefined, now, ...judged };
  const lines: string[] = [];
  for (const group of groupsOf(write))
    for (const line of linesOf(group, write, eligibility)) if (lines.push(line) > MAX_VMCPS) break;
  const field = after === undefined ? 'metadata.name' : write.status ? 'status.phase' : after.fields.group;
  return lines.slice(0, MAX_VMCPS).map((line, index) => {
    const isCut = index === MAX_VMCPS - 1 && lines.length > MAX_VMCPS;
    const detail = isCut ? `${line}; other vMCPs of the group change, too` : line;
    return invalid({ rule: 'vmcp-backends-change', field, detail });
  });
}
