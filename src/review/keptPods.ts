import type { AdmissionRequest } from '../admission/review.ts';
import { isMember, type NamespaceView } from '../catalog/catalog.ts';
import { sameJson } from '../kubernetes/record.ts';
import type { RunningPods } from '../stale/running.ts';
import { restartCommand } from '../stale/workload.ts';
import { type Line, oneLine, quoted } from '../text/line.ts';
import { toolhiveKind } from '../toolhive/kinds.ts';
import { readObject, type ToolhiveObject } from '../toolhive/object.ts';
import { hasBehaviour, type ToolhiveVersion } from '../toolhive/versions.ts';
import { isRead } from './previewReview.ts';
import { keepsSpec } from './requestFacts.ts';

/** Workloads that are told about, a line each. */
const MAX_LINES = 3;

/** What a write changes that running Pods do not follow, and whose they are. */
interface Change {
  /** `backend list`, as in "keep the old backend list". */
  readonly what: string;
  readonly concerns: (pods: RunningPods) => boolean;
  /** When the operator follows the change all the same, as far as its release is not known. */
  readonly unless?: string | undefined;
}

function readModel(raw: unknown): ToolhiveObject | undefined {
  const kind = toolhiveKind(raw);
  const read = kind === undefined ? undefined : readObject(kind, raw);
  return read?.ok ? read.value : undefined;
}

/**
 * An edit of an auth config reaches no running vMCP that has its backends from its config: ToolHive writes the auth of a
 * backend into the Pod when it is made, and injection does.
 */
function authConfigChange(name: string, view: NamespaceView): Change {
  const users = view.usersOf(name);
  const vmcps = new Set(
    users.flatMap((user) => (user.kind === 'VirtualMCPServer' ? user.metadata.name : [])),
  );
  const groups = new Set(users.flatMap((user) => (user.kind === 'VirtualMCPServer' ? [] : user.group)));
  return {
    what: `auth of config ${quoted(name)}`,
    concerns: ({ virtualServer, group }) =>
      groups.has(group) || (virtualServer !== undefined && vmcps.has(virtualServer)),
  };
}

/** True when an update names another CA bundle. */
function movesBundle(before: ToolhiveObject | undefined, after: ToolhiveObject | undefined): boolean {
  return (
    before?.kind === 'MCPServerEntry' &&
    after?.kind === 'MCPServerEntry' &&
    !sameJson(before.caBundle, after.caBundle)
  );
}

/**
 * A change of a member. ToolHive's operator makes new Pods of a VirtualMCPServer when its list of backends changes; when only the
 * name of a CA bundle does, older releases make none. Nothing makes self-managed Pods anew.
 */
function memberChange(
  before: ToolhiveObject | undefined,
  after: ToolhiveObject | undefined,
  toolhive: ToolhiveVersion | undefined,
): Change {
  const groups = new Set([before, after].flatMap((one) => (one && isMember(one) ? (one.group ?? []) : [])));
  const rolls = hasBehaviour('rolls-for-other-bundle', toolhive);
  const kept = movesBundle(before, after) && rolls !== true;
  return {
    what: 'backend list',
    concerns: ({ virtualServer, group = '' }) => groups.has(group) && (kept || virtualServer === undefined),
    unless: rolls === undefined ? "unless ToolHive's operator is v0.47 or newer" : undefined,
  };
}

function changeOf(
  request: AdmissionRequest,
  view: NamespaceView,
  toolhive: ToolhiveVersion | undefined,
): Change | undefined {
  const before = readModel(request.oldObject);
  const after = readModel(request.object);
  const one = after ?? before;
  if (one?.kind === 'MCPExternalAuthConfig')
    return before && after ? authConfigChange(one.metadata.name, view) : undefined;
  return one && isMember(one) ? memberChange(before, after, toolhive) : undefined;
}

function lineOf(running: RunningPods, { what, unless }: Change): Line {
  const { workload, virtualServer, pods } = running;
  const keep = `${pods.length} ${pods.length === 1 ? 'Pod keeps' : 'Pods keep'}`;
  const condition = virtualServer === undefined || unless === undefined ? '' : `, ${unless}`;
  return oneLine(
    `vMCP ${quoted(virtualServer ?? workload.name)}: ${keep} the old ${what}${condition}; ${restartCommand(workload, pods)}`,
  );
}

/**
 * Says of a write that was allowed which running vMCP Pods go on as before, although nothing makes them anew: a line for each
 * workload, at most {@link MAX_LINES}. Pure; never throws.
 * @param toolhive the release of ToolHive that runs, when it is known
 */
export function keptPodWarnings(
  request: AdmissionRequest,
  running: readonly RunningPods[],
  view: NamespaceView,
  toolhive?: ToolhiveVersion,
): readonly Line[] {
  if (running.length === 0 || request.subResource || !isRead(request)) return [];
  if (request.object != null && request.oldObject != null && keepsSpec(request)) return [];
  const change = changeOf(request, view, toolhive);
  if (change === undefined) return [];
  return running
    .filter(change.concerns)
    .slice(0, MAX_LINES)
    .map((pods) => lineOf(pods, change));
}
