import type { NamespaceView } from '../catalog/catalog.ts';
import { sameJson } from '../kubernetes/record.ts';
import { judgeObject } from '../rules/checks.ts';
import { withExceptions } from '../rules/findings/exceptions.ts';
import { joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import { checkPhase } from '../rules/phase.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { policyInScope } from '../rules/policy/scopes.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';

/** Labels of namespaces are not in the catalog. */
const NO_LABELS = {};

/**
 * The verdict on a stored object, as if it were applied now: by all that the catalog keeps of it and of its namespace. What
 * the catalog does not keep is not judged: fields that no model has, ConfigMaps and Secrets. The scope of the policy is that
 * of the namespace without a caller. Pure; never throws.
 */
export function judgeStored(
  object: ToolhiveObject,
  view: NamespaceView,
  wholePolicy: Policy,
  now: Date,
): Verdict {
  const { kind, metadata } = object;
  const { namespace } = metadata;
  const scoped = policyInScope(wholePolicy, { namespace, caller: undefined, labels: NO_LABELS });
  const policy = withExceptions(scoped, { kind, namespace, name: metadata.name }, now);
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
