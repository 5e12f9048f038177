import type { NamespaceView } from '../../catalog/catalog.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveObject } from '../../toolhive/object.ts';
import { REFERENCED_KINDS } from '../../toolhive/references.ts';
import { forbidden } from '../findings/finding.ts';
import { toVerdict } from '../findings/levels.ts';
import type { Finding, Verdict } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import type { Policy } from '../policy/policy.ts';
import { warn } from '../rule.ts';
import { groupDeletion } from './group.ts';

export const deletionRules = {
  'deleted-while-in-use': warn(
    'An object must not be deleted while others refer to it.',
    ...REFERENCED_KINDS.map((kind) => `${kind} (deletion)` as const),
  ),
};

function referencedDeletion(kind: ToolhiveKind, name: string, view: NamespaceView): Finding[] {
  const users = [
    ...(kind === 'MCPExternalAuthConfig' ? view.usersOf(name) : []),
    ...view.referrersOf(kind, name),
  ];
  if (users.length === 0) return [];
  const detail = `is still used by ${namedObjects(users)}; without it ToolHive no longer updates these, and does not serve the backends that need it`;
  return [forbidden({ rule: 'deleted-while-in-use', field: 'metadata.name', value: name, detail })];
}

/** The verdict on a deletion. It is never denied, whatever the level of a rule. */
export function judgeDeletion(object: ToolhiveObject, view: NamespaceView, policy: Policy): Verdict {
  const findings =
    object.kind === 'MCPGroup'
      ? groupDeletion(object, view)
      : referencedDeletion(object.kind, object.metadata.name, view);
  const { denials, warnings } = toVerdict(findings, policy);
  return { denials: [], warnings: [...denials, ...warnings] };
}
