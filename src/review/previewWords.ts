import type { Member } from '../catalog/catalog.ts';
import type { Backend } from '../injection/discovery/backend.ts';
import type { Exclusion } from '../injection/report/reasons.ts';
import type { Outlook } from '../injection/resolve.ts';
import { quoted } from '../text/line.ts';
import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';

/** Backends that a line names as served, and as not served. */
const MAX_SERVED = 8;
const MAX_LOST = 3;

/** What one vMCP makes of a group before and after a write. */
export interface Comparison {
  readonly vmcp: VirtualMcpServer;
  /** The member that is written, as it will be, or that is deleted. */
  readonly member: Member;
  readonly isDeletion: boolean;
  /** Of the members that ToolHive can mistake for the one that is written, and of itself. */
  readonly before: Outlook;
  readonly after: Outlook;
  /** Of all members after the write; undefined when that is not known. */
  readonly whole: () => Outlook | undefined;
  /** The object whose phase stands behind a member that is not served. */
  readonly phaseOf: (name: string) => Member | undefined;
}

/** A member, or what became of it. */
export interface Named {
  readonly kind: string;
  readonly name: string;
}

/** Identifies a member among those of its namespace. */
export function keyOf({ kind, name }: Named): string {
  return `${kind}/${name}`;
}

/** Equal for backends that are called in the same way. Never shown. */
function callOf({ url, transport, authConfig, headers, ca }: Backend): string {
  return JSON.stringify([url, transport, authConfig, headers, ca]);
}

/** What a member that is new still waits for, in words. */
function waitWords(member: Member): readonly string[] {
  if (member.kind === 'MCPServerEntry') return member.status?.phase === 'Valid' ? [] : ['once Valid'];
  return member.url ? [] : ['once it has a URL'];
}

/** How many of the tools of a new backend clients see, in words. */
function toolWords({ hidesUnlisted, namedBackends }: VirtualMcpServer, name: string): readonly string[] {
  if (namedBackends.some((named) => named.use === 'tools' && named.name === name)) return [];
  return [hidesUnlisted ? 'no tool visible' : 'all tools visible'];
}

/** What is said of a backend, by its {@link keyOf}: that it is new, or called in another way. */
type Marks = ReadonlyMap<string, string>;

function marksOf({ vmcp, member, before, after }: Comparison): Marks {
  const written = keyOf({ kind: member.kind, name: member.metadata.name });
  const calls = new Map(before.backends.map((backend) => [keyOf(backend), callOf(backend)]));
  const marks = new Map<string, string>();
  for (const backend of after.backends) {
    const key = keyOf(backend);
    const call = calls.get(key);
    if (call === undefined) {
      const waits = key === written ? waitWords(member) : [];
      marks.set(key, ['new', ...waits, ...toolWords(vmcp, backend.name)].join(', '));
    } else if (call !== callOf(backend)) marks.set(key, 'changed');
  }
  return marks;
}

/** Why a member is not served, in a word or two. */
function reasonWords({ name, reason }: Exclusion, phaseOf: Comparison['phaseOf']): string {
  const found = reason === 'phase-not-valid' ? phaseOf(name) : undefined;
  return found?.kind === 'MCPServerEntry' ? `phase ${found.status?.phase ?? 'not set'}` : reason;
}

interface Lost extends Named {
  readonly why: string;
}

/** Backends that are not served any more. */
function lostOf({ before, after, phaseOf }: Comparison): readonly Lost[] {
  const served = new Set(after.backends.map(keyOf));
  return before.backends
    .filter((backend) => !served.has(keyOf(backend)))
    .map(({ kind, name }) => {
      const exclusion = after.excluded.find((other) => other.kind === kind && other.name === name);
      return { kind, name, why: exclusion ? reasonWords(exclusion, phaseOf) : 'no longer in the group' };
    });
}

function listed(names: readonly string[], limit: number): string {
  const more = names.length - limit;
  return names.slice(0, limit).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `billing, search (new)`. Where not all have room, only what changes is named: `search (new) and 20 others`. */
function servedWords(backends: readonly Backend[], marks: Marks): string {
  const words = (backend: Backend) => {
    const mark = marks.get(keyOf(backend));
    return mark === undefined ? backend.name : `${backend.name} (${mark})`;
  };
  if (backends.length === 0) return 'nothing';
  if (backends.length <= MAX_SERVED) return backends.map(words).join(', ');
  const marked = backends.filter((backend) => marks.has(keyOf(backend)));
  const others = backends.length - marked.length;
  return marked.length === 0 ? `${others} backends` : `${marked.map(words).join(', ')} and ${others} others`;
}

/** `old: phase Failed`: first what the write changes, then what was not served before either. */
function notServedWords(lost: readonly Lost[], whole: Outlook | undefined, { phaseOf }: Comparison): string {
  const named = new Set(lost.map(keyOf));
  const others = (whole?.excluded ?? []).filter((exclusion) => !named.has(keyOf(exclusion)));
  const words = [
    ...lost.map(({ name, why }) => `${name}: ${why}`),
    ...others.map((exclusion) => `${exclusion.name}: ${reasonWords(exclusion, phaseOf)}`),
  ];
  return listed(words, MAX_LOST);
}

/** What a vMCP serves after a deletion: `vMCP "team" will no longer serve search; it will serve billing`. */
function deletionWords(name: string, lost: readonly Lost[], marks: Marks, rest: Outlook | undefined): string {
  const gone = listed(
    lost.map((one) => one.name),
    MAX_LOST,
  );
  const words = `${name} will no longer serve ${gone}`;
  return rest === undefined ? words : `${words}; it will serve ${servedWords(rest.backends, marks)}`;
}

/**
 * What a vMCP serves after a write, such as `vMCP "team" will serve billing, search (new); not old: phase Failed`. Undefined
 * when the write makes no difference to it.
 */
export function previewWords(comparison: Comparison): string | undefined {
  const { vmcp, after } = comparison;
  const marks = marksOf(comparison);
  const lost = lostOf(comparison);
  if (marks.size + lost.length === 0) return undefined;
  const whole = comparison.whole();
  const name = `vMCP ${quoted(vmcp.metadata.name)}`;
  if (comparison.isDeletion && lost.length > 0)
    return deletionWords(name, lost, marks, whole ?? (marks.size > 0 ? after : undefined));
  const not = notServedWords(lost, whole, comparison);
  if (whole === undefined && marks.size === 0) return `${name} will not serve ${not}`;
  const serves = `${name} will serve ${servedWords((whole ?? after).backends, marks)}`;
  return not === '' ? serves : `${serves}; not ${not}`;
}
