import type { VirtualMcpCompositeToolDefinition } from '../../toolhive/models/compositeToolDefinition.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { NamedBackend } from '../../toolhive/namedBackends.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Facts } from '../rule.ts';
import {
  isLostStep,
  type KnownBackends,
  knownBackends,
  meantBackend,
  noBackend,
} from '../virtualServer/backendNames.ts';
import { STEP_FAILS } from '../virtualServer/namedBackends.ts';
import { usedDefinitions } from './compositeTools.ts';

const rule = 'vmcp-backend-unknown';

/** The definitions that a vMCP names: the steps whose tools no backend of its group has. The first one is named. */
export function checkReferencedSteps(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const known = vmcp.prefixesTools ? knownBackends(vmcp, view) : undefined;
  if (known === undefined) return [];
  return usedDefinitions(vmcp, view).flatMap(({ reference: { name, field }, definition }) => {
    const lost = definition.namedBackends.filter((step) => isLostStep(step, known));
    const [first] = lost;
    if (first === undefined) return [];
    return [
      notFound({
        rule,
        field: withoutPositions(field),
        value: name,
        violations: lost.map((step) => ({ parts: [name, step.name] })),
        detail: `${first.field} of VirtualMCPCompositeToolDefinition "${name}" is "${first.name}", but ${noBackend(first, known)}: ${STEP_FAILS}${meantBackend(first, known, view)}`,
      }),
    ];
  });
}

/** A vMCP that names a definition, and its backends. */
interface User {
  readonly name: string;
  readonly known: KnownBackends;
}

/** The vMCPs that name a definition and whose tools begin with the names of their backends. */
function usersOf({ metadata }: VirtualMcpCompositeToolDefinition, { view }: Facts): User[] {
  return view.referrersOf('VirtualMCPCompositeToolDefinition', metadata.name).flatMap((user) => {
    if (user.kind !== 'VirtualMCPServer' || !user.prefixesTools) return [];
    const known = knownBackends(user, view);
    return known === undefined ? [] : [{ name: user.metadata.name, known }];
  });
}

/** The other side: the steps of a definition whose tools no backend of a vMCP has that names it. The first vMCP is named. */
export function checkDefinitionSteps(definition: VirtualMcpCompositeToolDefinition, facts: Facts): Finding[] {
  const users = usersOf(definition, facts);
  return definition.namedBackends.flatMap((step: NamedBackend) => {
    const first = users.find(({ known }) => isLostStep(step, known));
    if (first === undefined) return [];
    return [
      notFound({
        rule,
        field: withoutPositions(step.field),
        value: step.name,
        detail: `VirtualMCPServer "${first.name}" uses this definition, but ${noBackend(step, first.known)}: ${STEP_FAILS}${meantBackend(step, first.known, facts.view)}`,
      }),
    ];
  });
}
