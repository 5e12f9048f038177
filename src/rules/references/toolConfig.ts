import { quoted } from '../../text/line.ts';
import type { McpToolConfig } from '../../toolhive/models/toolConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { mapValue, withoutPositions } from '../findings/fieldPath.ts';
import { forbidden, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts } from '../rule.ts';

export const toolConfigRules = {
  'tool-override-empty': deny(
    'An override of a tool must have a name or a description.',
    'MCPToolConfig',
    'VirtualMCPServer',
  ),
};

const ENDS = 'with neither, a vMCP or an MCPServer that uses it refuses its configuration and does not start';

/** The overrides of an MCPToolConfig. Its controller checks nothing. */
export function checkToolOverrides({ emptyOverrides }: McpToolConfig): Finding[] {
  return emptyOverrides.map(({ tool, shown }) =>
    required({
      rule: 'tool-override-empty',
      field: mapValue('spec.toolsOverride', tool, shown),
      detail: `a name or a description; ${ENDS}`,
    }),
  );
}

/** The MCPToolConfigs that a vMCP names, when they were stored with such an override. */
export function checkToolConfigs({ references }: VirtualMcpServer, { view }: Facts): Finding[] {
  return references.flatMap(({ kind, name, field, overridden = [] }) => {
    const config = kind === 'MCPToolConfig' ? view.get(kind, name) : undefined;
    const own = new Set(overridden);
    const left = config?.emptyOverrides.filter(({ tool }) => !own.has(tool)) ?? [];
    const [first] = left;
    if (first === undefined) return [];
    return [
      forbidden({
        rule: 'tool-override-empty',
        field: withoutPositions(field),
        value: name,
        violations: () => left.map(({ tool }) => ({ parts: [name, tool] })),
        detail: `MCPToolConfig ${quoted(name)} overrides ${quoted(first.shown)} with neither a name nor a description, so this vMCP would refuse its configuration and not start; correct it there first`,
      }),
    ];
  });
}
