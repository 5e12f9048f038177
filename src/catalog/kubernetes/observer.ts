import type { FailureReason } from '../../apiClient/errors.ts';
import type { ToolhiveKind } from '../../toolhive/kinds.ts';
import type { ToolhiveObject } from '../../toolhive/object.ts';
import { STALE_MS } from '../catalog.ts';

/** What is read one by one. */
export type ReadKind = ToolhiveKind | 'ConfigMap' | 'Secret' | 'Namespace';

/** What one reflector follows. */
export interface Scope {
  readonly kind: ToolhiveKind;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
}

/** A list or watch that failed. */
export interface ReflectorFailure extends Scope {
  readonly operation: 'list' | 'watch';
  readonly reason: FailureReason;
  /** One line for a person. */
  readonly message: string;
  /** Milliseconds until the next attempt. */
  readonly waitMs: number;
}

/** What the catalog tells metrics and log about. An observer that throws is ignored. */
export interface CatalogObserver {
  /** A complete list was taken over. `objects` counts those that are served. */
  listed?(scope: Scope, objects: number, tookMs: number): void;
  /** The kind has no CRD; counts as an empty list. Told once until it is there. */
  absent?(scope: Scope): void;
  /** The copy has changed: an object before, undefined when it is new, and after, undefined when it is gone. */
  changed?(before: ToolhiveObject | undefined, after: ToolhiveObject | undefined): void;
  /** An object is going to be held, as it came; `problem` is why it cannot be decoded. */
  seen?(kind: ToolhiveKind, namespace: string, name: string, raw: unknown, problem: string | undefined): void;
  /** An object is not held any more, whether it could be decoded or not. */
  gone?(kind: ToolhiveKind, namespace: string, name: string): void;
  event?(kind: ToolhiveKind, type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'): void;
  /** The watch has to start over with a list, e.g. after 410 Gone. */
  relist?(scope: Scope, message: string): void;
  failed?(failure: ReflectorFailure): void;
  /** A read of one object within a review failed; `message` is one line for a person. A missing object is not a failure. */
  readFailed?(kind: ReadKind, reason: FailureReason, message: string): void;
  /** An object that cannot be decoded was left out; told once per object until it can be decoded or is gone. */
  malformed?(kind: ToolhiveKind, namespace: string, name: string, problem: string): void;
}

/** The state of one reflector, as metrics and readiness ask for it. */
export interface KindStatus extends Scope {
  /** True from the first complete list whose watch was accepted, or when there is no CRD. */
  readonly synced: boolean;
  readonly objects: number;
  readonly malformed: number;
  /** What the objects take of the catalog's budget. */
  readonly bytes: number;
  /** Milliseconds since the copy was last known to be right; undefined before the first complete list. */
  readonly ageMs: number | undefined;
  /** Why it does not follow now; undefined while it does. */
  readonly problem: string | undefined;
}

/** Whether the copy may have missed something: for three minutes nothing has shown that it is right. */
export function isStale({ ageMs }: KindStatus): boolean {
  return ageMs === undefined || ageMs > STALE_MS;
}

/** The first of some copies with its reason, and how many more there are; the reasons are mostly the same. */
function told(statuses: readonly KindStatus[]): string | undefined {
  const first = statuses.find(({ problem }) => problem !== undefined) ?? statuses[0];
  if (!first) return undefined;
  const { kind, namespace, problem } = first;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const more = statuses.length > 1 ? `, and of ${statuses.length - 1} more` : '';
  return `${kind}${where}${problem === undefined ? '' : ` (${problem})`}${more}`;
}

/** Why a catalog is not ready: the copies that have never been complete; undefined when all have. */
export function notSynced(statuses: readonly KindStatus[]): string | undefined {
  const text = told(statuses.filter(({ synced }) => !synced));
  return text && `no complete copy yet of ${text}`;
}

/** Which copies of a catalog that is ready are not followed any more; undefined when all are. */
export function notFollowed(statuses: readonly KindStatus[]): string | undefined {
  const text = told(statuses.filter(isStale));
  return text && `for three minutes nothing has shown that this copy is right: ${text}`;
}

/** Calls an observer that may throw. */
export function tell(call: () => void): void {
  try {
    call();
  } catch {
    // Metrics and log are never worth a reflector.
  }
}
