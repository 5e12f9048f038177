import type { NamespaceView } from '../../catalog/catalog.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { BackendUse, NamedBackend } from '../../toolhive/namedBackends.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, warn } from '../rule.ts';
import {
  beginsWithBackend,
  isLostStep,
  isShownName,
  knownBackends,
  meantBackend,
  noBackend,
} from './backendNames.ts';

export const namedBackendRules = {
  'vmcp-backend-unknown': warn(
    'A setting for a backend must name a backend of the group.',
    'VirtualMCPServer',
    'VirtualMCPCompositeToolDefinition',
  ),
};

/** What a step does whose tool no backend has. */
export const STEP_FAILS = 'the step fails in every run';

/** What happens instead of what a setting asks for. */
const INSTEAD: Readonly<Record<BackendUse, string>> = {
  tools: 'its filter and overrides are not applied, so more tools may be visible than meant',
  priority: 'it takes no part in the order, and the tools of the backend that was meant may lose',
  timeout: 'the backend that was meant keeps the default time-out',
  step: STEP_FAILS,
  rateLimit:
    'a client calls a tool by the name of its backend and its own, so calls of the tool that was meant are not limited',
};

/** Under `deny` a backend without settings of its own shows no tools. */
const HIDDEN =
  'its filter and overrides are not applied, and with defaultToolVisibility: deny the backend that was meant shows no tools at all';

/** Names for which one that was meant is searched. */
const MAX_HINTS = 5;

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

/** Settings of a vMCP that name a backend which its group does not have. A backend may come later. */
export function checkNamedBackends(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const { namedBackends } = vmcp;
  const known = knownBackends(vmcp, view);
  if (known === undefined) return [];
  const composite = compositeNames(vmcp, view);
  const isRight = (named: NamedBackend) => {
    if (named.use === 'step') return !isLostStep(named, known);
    if (named.use !== 'rateLimit') return known.has(named.name);
    return composite === undefined || composite.has(named.name) || beginsWithBackend(named.name, known);
  };
  return namedBackends
    .filter((named) => !isRight(named))
    .map((named, index) => {
      const instead = named.use === 'tools' && vmcp.hidesUnlisted ? HIDDEN : INSTEAD[named.use];
      const meant = index < MAX_HINTS ? meantBackend(named, known, view) : '';
      return notFound({
        rule: 'vmcp-backend-unknown',
        field: withoutPositions(named.field),
        value: isShownName(named) ? named.name : undefined,
        violations: [{ parts: [named.name] }],
        detail: `${noBackend(named, known)}: ${instead}${meant}`,
      });
    });
}
