import type { NamespaceView } from '../catalog/catalog.ts';
import { sameJson } from '../kubernetes/record.ts';
import { checkAllowedName } from '../rules/allowedNames.ts';
import { judgeAlone, toLoneObject } from '../rules/alone.ts';
import { judgeObject } from '../rules/checks.ts';
import { specSendings } from '../rules/credentials/inSpec.ts';
import { checkSendings, type Sending } from '../rules/credentials/secretHosts.ts';
import { CLEAN, joinVerdicts, toVerdict } from '../rules/findings/levels.ts';
import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import { readForReview } from '../rules/form/malformed.ts';
import { RULE_IDS, type RuleId } from '../rules/index.ts';
import { checkPhase } from '../rules/phase.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { Level } from '../rules/rule.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';

/** The most findings that are kept about one object as it came. */
const MAX_KEPT = 20;

/** Every rule warns here; its level is decided when the findings are counted. */
const ALL_RULES = Object.fromEntries(RULE_IDS.map((id) => [id, 'warn'])) as Record<RuleId, Level>;

const UNGUARDED: Policy['credentials'] = new Map();

/**
 * What is wrong with an object by itself, as it came: also with fields that no model has, and when it cannot be read. The
 * findings hold nothing of the object but what they say. What another policy would judge otherwise is left out: its name, and
 * the Secrets that it sends, which are judged by {@link judgeKept}.
 * @param isReadable whether it has a model
 */
function judgeRaw(
  kind: ToolhiveKind,
  raw: unknown,
  namespace: string,
  policy: Policy,
  isReadable: boolean,
): readonly Finding[] {
  const open = { ...policy, levels: ALL_RULES, names: undefined, credentials: UNGUARDED };
  const read = isReadable ? undefined : readForReview(kind, raw, namespace, open);
  const verdict = joinVerdicts(
    judgeAlone(kind, raw, namespace, open),
    read?.ok === false ? read.verdict : CLEAN,
  );
  return verdict.warnings.slice(0, MAX_KEPT).map((finding) => ({ ...finding, violations: () => [] }));
}

/** What is kept of an object as it came, since no model has it. */
export interface Kept {
  /** What is wrong with it by itself, whatever the policy. */
  readonly alone: readonly Finding[];
  /** The Secrets that it sends to URLs of its own. */
  readonly sendings: readonly Sending[];
}

/** Reads what is kept of an object. @param isReadable whether it has a model */
export function keptOf(
  kind: ToolhiveKind,
  raw: unknown,
  namespace: string,
  policy: Policy,
  isReadable: boolean,
): Kept {
  return {
    alone: judgeRaw(kind, raw, namespace, policy, isReadable),
    sendings: specSendings(toLoneObject(kind, raw, namespace)),
  };
}

/** The verdict on what is kept of an object, and on its name. */
export function judgeKept(
  { alone, sendings }: Kept,
  name: string,
  namespace: string,
  policy: Policy,
): Verdict {
  const guarded = policy.credentials.size === 0 ? [] : checkSendings(sendings, namespace, policy);
  return toVerdict([...alone, ...guarded, ...checkAllowedName(name, policy)], policy);
}

/**
 * The verdict on a stored object by its model and by its namespace, as if it were applied now. ConfigMaps and Secrets are not
 * in the catalog. Pure; never throws.
 */
export function judgeStored(object: ToolhiveObject, view: NamespaceView, policy: Policy, now: Date): Verdict {
  const spec = judgeObject(object, { view, secrets: undefined, configMap: undefined, now }, policy);
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
