import type { NamespaceView } from '../../catalog/catalog.ts';
import { quoted } from '../../text/line.ts';
import type { VirtualMcpCompositeToolDefinition } from '../../toolhive/models/compositeToolDefinition.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { Reference } from '../../toolhive/references.ts';
import { compositeToolFault, compositeToolTwice } from '../compositeTools.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Facts } from '../rule.ts';

/** A definition that a vMCP names and that exists. */
interface Used {
  readonly reference: Reference;
  readonly definition: VirtualMcpCompositeToolDefinition;
}

/** The definitions that a vMCP names, each once: that it names one twice is seen without the definition. */
export function usedDefinitions({ references }: VirtualMcpServer, view: NamespaceView): Used[] {
  const kind = 'VirtualMCPCompositeToolDefinition';
  const used = references.flatMap((reference) => {
    const definition = reference.kind === kind ? view.get(kind, reference.name) : undefined;
    return definition === undefined ? [] : [[reference.name, { reference, definition }] as const];
  });
  return [...new Map(used).values()];
}

/** The definitions that a vMCP names: those that it cannot run, and those whose tool has a name that is taken. */
export function checkDefinitions(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  const taken = new Set(vmcp.compositeTools);
  return usedDefinitions(vmcp, view).flatMap(
    ({ reference: { name, field }, definition: { tool, fault } }) => {
      const what = `VirtualMCPCompositeToolDefinition ${quoted(name)}`;
      if (fault !== undefined)
        return [
          compositeToolFault(field, `${what} is wrong: ${fault}; correct it there first`, 'VirtualMCPServer'),
        ];
      // A tool whose name is a number has no fault of its own: ToolHive's decoder refuses the whole definition.
      if (tool === undefined) return [];
      if (!taken.has(tool)) {
        taken.add(tool);
        return [];
      }
      return [
        compositeToolTwice(
          field,
          tool,
          `the tool of ${what} is called as another composite tool of this vMCP`,
        ),
      ];
    },
  );
}

/** The other side: a definition whose tool is called as another tool of a vMCP that names it. */
export function checkDefinitionUsers(
  { tool, metadata }: VirtualMcpCompositeToolDefinition,
  { view }: Facts,
): Finding[] {
  if (tool === undefined) return [];
  return view.referrersOf('VirtualMCPCompositeToolDefinition', metadata.name).flatMap((vmcp) => {
    if (vmcp.kind !== 'VirtualMCPServer') return [];
    const others = usedDefinitions(vmcp, view).filter(({ reference }) => reference.name !== metadata.name);
    const taken =
      vmcp.compositeTools.includes(tool) || others.some(({ definition }) => definition.tool === tool);
    if (!taken) return [];
    const detail = `is the name of another composite tool of VirtualMCPServer "${vmcp.metadata.name}", which uses this definition`;
    return [compositeToolTwice('spec.name', tool, detail)];
  });
}
