import type { NamespaceView } from '../../catalog/catalog.ts';
import type { McpGroup } from '../../toolhive/models/group.ts';
import { forbidden, invalid, notFound, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import { deny, type Facts, type Target, warn } from '../rule.ts';

const GROUPED: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPServer', 'VirtualMCPServer'];

export const groupRules = {
  'group-missing': deny('An entry and a vMCP must name their group.', 'MCPServerEntry', 'VirtualMCPServer'),
  'group-not-found': warn('The group must exist.', ...GROUPED),
  'group-not-ready': warn('The group must be Ready.', ...GROUPED),
  'group-has-members': warn('A group must not be deleted while it has members.', 'MCPGroup (deletion)'),
};

/** An object that belongs to a group, and the field in which it says so. */
interface Grouped {
  readonly group: string | undefined;
  readonly fields: { readonly group: string };
}

/** The group of an object, when it names one. A group may come later, so nothing here is denied. */
export function checkGroup({ group, fields: { group: field } }: Grouped, { view }: Facts): Finding[] {
  if (group === undefined) return [];
  const found = view.group(group);
  if (found === undefined)
    return [
      notFound({
        rule: 'group-not-found',
        field,
        value: group,
        detail: `MCPGroup "${group}" does not exist yet in namespace "${view.namespace}"; nothing serves this until it does`,
      }),
    ];
  if (found.phase === 'Ready' || found.phase === undefined) return [];
  return [
    invalid({
      rule: 'group-not-ready',
      field,
      value: group,
      detail: `MCPGroup "${group}" is ${found.phase}, not Ready; entries become Valid only when it is`,
    }),
  ];
}

/** As {@link checkGroup}, for a kind whose CRD requires a group: `check` sees manifests before any API server. */
function requireGroup(what: string): (object: Grouped, facts: Facts) => Finding[] {
  return (object, facts) =>
    object.group === undefined
      ? [required({ rule: 'group-missing', field: object.fields.group, detail: what })]
      : checkGroup(object, facts);
}

export const checkEntryGroup = requireGroup('the MCPGroup that this entry belongs to');
export const checkServedGroup = requireGroup('the MCPGroup whose backends this vMCP serves');

/** The members that a deleted group leaves without one: they are not served any more. */
export function groupDeletion(group: McpGroup, view: NamespaceView): Finding[] {
  const { name } = group.metadata;
  const users = [...view.members(name), ...view.virtualServersOf(name)];
  if (users.length === 0) return [];
  return [
    forbidden({
      rule: 'group-has-members',
      field: 'metadata.name',
      value: name,
      detail: `the group still has ${namedObjects(users)}; without it nothing of that is served`,
    }),
  ];
}
