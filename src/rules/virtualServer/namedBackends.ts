import type { NamespaceView } from '../../catalog/catalog.ts';
import { closest } from '../../closest.ts';
import { quoted } from '../../text.ts';
import type { BackendUse, NamedBackend } from '../../toolhive/namedBackends.ts';
import type { VirtualMcpServer } from '../../toolhive/virtualServer.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, warn } from '../rule.ts';
import { isMember } from './outgoingAuth.ts';

export const namedBackendRules = {
  'vmcp-backend-unknown': warn(
    'A setting for a backend must name a backend of the group.',
    'VirtualMCPServer',
  ),
};

/** What happens instead of what a setting asks for. */
const INSTEAD: Readonly<Record<BackendUse, string>> = {
  tools: 'its filter and overrides are not applied, so more tools may be visible than meant',
  priority: 'it takes no part in the order, and the tools of the backend that was meant may lose',
  timeout: 'the backend that was meant keeps the default time-out',
  step: 'the step fails in every run',
  rateLimit:
    'a client calls a tool by the name of its backend and its own, so calls of the tool that was meant are not limited',
};

/** Under `deny` a backend without settings of its own shows no tools. */
const HIDDEN =
  'its filter and overrides are not applied, and with defaultToolVisibility: deny the backend that was meant shows no tools at all';

/** Names that are compared with one that is wrong: a comparison costs microseconds, and a group may have thousands. */
const MAX_COMPARED = 500;
/** Names for which one that was meant is searched. */
const MAX_HINTS = 5;

type Known = (name: string) => boolean;

/** True when the name of a tool begins with the name of a backend, as `billing_search` and `billing.search` do. */
function beginsWithBackend(tool: string, known: Known): boolean {
  for (const { index } of tool.matchAll(/[^a-zA-Z0-9-]/g)) if (known(tool.slice(0, index))) return true;
  return false;
}

/** The names of the composite tools of a vMCP; undefined when one of its definitions does not exist yet. */
function compositeNames(vmcp: VirtualMcpServer, view: NamespaceView): ReadonlySet<string> | undefined {
  const names = new Set(vmcp.compositeTools);
  for (const { kind, name } of vmcp.references) {
    if (kind !== 'VirtualMCPCompositeToolDefinition') continue;
    const definition = view.get(kind, name);
    if (definition === undefined) return undefined;
    if (definition.tool !== undefined) names.add(definition.tool);
  }
  return names;
}

function hint(name: string, group: string, view: NamespaceView): string {
  const members = view.members(group);
  const names = [...members.entries, ...members.servers, ...members.remoteProxies]
    .slice(0, MAX_COMPARED)
    .map(({ metadata }) => metadata.name);
  const [meant] = closest(name, names);
  return meant === undefined ? '' : `; did you mean ${quoted(meant)}?`;
}

/** The part of a name that should be a backend. */
function backendPart({ use, name }: NamedBackend): string {
  if (use === 'step') return name.split('.', 1)[0] ?? '';
  return use === 'rateLimit' ? (name.split('_', 1)[0] ?? '') : name;
}

/** Settings of a vMCP that name a backend which its group does not have. A backend may come later. */
export function checkNamedBackends(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const { group, namedBackends } = vmcp;
  if (namedBackends.length === 0 || group === undefined || view.group(group) === undefined) return [];
  const configured = new Set(vmcp.backends.map(({ name }) => name));
  const known: Known = (name) => configured.has(name) || isMember(name, group, view);
  const composite = compositeNames(vmcp, view);
  const isRight = ({ use, name }: NamedBackend) => {
    if (use === 'step') return !name.includes('.') || beginsWithBackend(name, known);
    if (use !== 'rateLimit') return known(name);
    return composite === undefined || composite.has(name) || beginsWithBackend(name, known);
  };
  return namedBackends
    .filter((named) => !isRight(named))
    .map((named, index) => {
      const instead = named.use === 'tools' && vmcp.hidesUnlisted ? HIDDEN : INSTEAD[named.use];
      const meant = index < MAX_HINTS ? hint(backendPart(named), group, view) : '';
      return notFound({
        rule: 'vmcp-backend-unknown',
        field: withoutPositions(named.field),
        value: named.name,
        violations: [{ parts: [named.name] }],
        detail: `group "${group}" has no backend ${quoted(backendPart(named))} (yet): ${instead}${meant}`,
      });
    });
}
