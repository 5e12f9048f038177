import type { NamespaceView } from '../catalog/catalog.ts';
import { sameJson } from '../kubernetes/record.ts';
import { judgeObject } from '../rules/checks.ts';
import { joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import { checkPhase } from '../rules/phase.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';

/**
 * The verdict on a stored object, as if it were applied now: by all that the catalog keeps of it and of its namespace. What
 * the catalog does not keep is not judged: fields that no model has, ConfigMaps and Secrets. Pure; never throws.
 */
export function judgeStored(object: ToolhiveObject, view: NamespaceView, policy: Policy, now: Date): Verdict {
  const spec = judgeObject(object, { view, secrets: undefined, caBundle: undefined, now }, policy);
  if (object.kind !== 'MCPServerEntry') return spec;
  return joinVerdicts(spec, toVerdict(checkPhase(object, object, spec.denials[0]), policy));
}

/** What other objects are judged by: a member without what its controller writes. */
function seenByOthers(object: ToolhiveObject): object {
  const { metadata, status, url, phase, ...spec } = object as ToolhiveObject & {
    readonly status?: unknown;
    readonly url?: unknown;
    readonly phase?: unknown;
  };
  return spec;
}

const MEMBERS: ReadonlySet<string> = new Set(['MCPServerEntry', 'MCPRemoteProxy', 'MCPServer']);

/** True when a change may change the verdict on other objects: not one of the status of a member, of which there are most. */
export function concernsOthers(
  before: ToolhiveObject | undefined,
  after: ToolhiveObject | undefined,
): boolean {
  if (!before || !after || !MEMBERS.has(after.kind)) return true;
  return !sameJson(seenByOthers(before), seenByOthers(after));
}
