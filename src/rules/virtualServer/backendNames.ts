import type { NamespaceView } from '../../catalog/catalog.ts';
import { MAX_NAME } from '../../kubernetes/bounds.ts';
import { closest } from '../../text/closest.ts';
import { quoted } from '../../text/line.ts';
import { isShownKey } from '../../text/redact.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { NamedBackend } from '../../toolhive/namedBackends.ts';
import { isMember } from './outgoingAuth.ts';

/** Names that are compared with one that is wrong: a comparison costs microseconds, and a group may have thousands. */
const MAX_COMPARED = 500;

/** The backends of one vMCP: those of its group and those of its own configuration. */
export interface KnownBackends {
  readonly group: string;
  /** True for the name of a backend. */
  readonly has: (name: string) => boolean;
}

/** The backends of a vMCP; undefined while its group does not exist, since they may come with it. */
export function knownBackends(vmcp: VirtualMcpServer, view: NamespaceView): KnownBackends | undefined {
  const { group } = vmcp;
  if (group === undefined || view.group(group) === undefined) return undefined;
  const configured = new Set(vmcp.backends.map(({ name }) => name));
  return { group, has: (name) => configured.has(name) || isMember(name, group, view) };
}

/** True when the name of a tool begins with the name of a backend, as `billing_search` and `billing.search` do. */
export function beginsWithBackend(tool: string, { has }: KnownBackends): boolean {
  // Behind this no name of a backend ends, and each part of a long text would be looked up as a whole.
  const start = tool.slice(0, MAX_NAME + 1);
  for (const { index } of start.matchAll(/[^a-zA-Z0-9-]/g)) if (has(start.slice(0, index))) return true;
  return false;
}

/** True for the tool of a step that no backend of a vMCP has. Without a dot the name says nothing of a backend. */
export function isLostStep({ name }: NamedBackend, known: KnownBackends): boolean {
  return name.includes('.') && !beginsWithBackend(name, known);
}

/** The part of a name that should be a backend. */
function backendPart({ use, name }: NamedBackend): string {
  if (use === 'step') return name.split('.', 1)[0] ?? '';
  return use === 'rateLimit' ? (name.split('_', 1)[0] ?? '') : name;
}

/** True for a name that a message may show: that of a time-out is a key, where a credential may have been pasted. */
export function isShownName({ use, name }: NamedBackend): boolean {
  return use !== 'timeout' || isShownKey(name);
}

/** `group "team" has no backend "biling" (yet)`. */
export function noBackend(named: NamedBackend, { group }: KnownBackends): string {
  const called = isShownName(named) ? quoted(backendPart(named)) : 'of this name';
  return `group "${group}" has no backend ${called} (yet)`;
}

/** `; did you mean "billing"?`; empty when no member of the group is called alike. */
export function meantBackend(named: NamedBackend, { group }: KnownBackends, view: NamespaceView): string {
  const members = view.members(group).slice(0, MAX_COMPARED);
  const [meant] = closest(
    backendPart(named),
    members.map(({ metadata }) => metadata.name),
  );
  return meant === undefined ? '' : `; did you mean ${quoted(meant)}?`;
}
