import type { NamespaceView } from '../catalog/catalog.ts';
import type { McpGroup } from '../toolhive/group.ts';
import { forbidden } from './finding.ts';
import { toVerdict } from './levels.ts';
import type { Policy } from './policy.ts';
import type { Verdict } from './verdict.ts';

const MAX_NAMED = 5;

/** Gap R12: a group that goes away leaves its members unserved. Deletion is never denied, whatever a setting says. */
export function judgeGroupDeletion(group: McpGroup, view: NamespaceView, policy: Policy): Verdict {
  const { name } = group.metadata;
  const members = view.members(name);
  const users = [
    ...members.servers,
    ...members.remoteProxies,
    ...members.entries,
    ...view.virtualServersOf(name),
  ];
  if (users.length === 0) return { denials: [], warnings: [] };
  const named = users
    .slice(0, MAX_NAMED)
    .map(({ kind, metadata }) => `${kind} "${metadata.name}"`)
    .join(', ');
  const rest = users.length > MAX_NAMED ? ` and ${users.length - MAX_NAMED} more` : '';
  const finding = forbidden({
    rule: 'group-has-members',
    field: 'metadata.name',
    value: name,
    detail: `the group still has ${named}${rest}; without it nothing of that is served`,
  });
  const verdict = toVerdict([finding], policy);
  return { denials: [], warnings: [...verdict.denials, ...verdict.warnings] };
}
