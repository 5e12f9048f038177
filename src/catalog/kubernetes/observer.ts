import type { ToolhiveKind } from '../../toolhive/kinds.ts';

/** What is read one by one. */
export type ReadKind = ToolhiveKind | 'ConfigMap' | 'Secret';

/** Why such a read failed, in a closed set; that there is no such object is no failure. */
export type ReadFailure =
  | 'refused'
  | 'throttled'
  | 'server-error'
  | 'network'
  | 'timeout'
  | 'given-up'
  | 'malformed'
  | 'credentials';

/** What a reflector tells metrics and log about; nothing it is told may fail the reflector. */
export interface CatalogObserver {
  /** A complete list was taken over. `objects` counts those that are served. */
  listed?(kind: ToolhiveKind, objects: number, tookMs: number): void;
  /** The kind has no CRD; counts as an empty list. Told once until it is there. */
  absent?(kind: ToolhiveKind): void;
  event?(kind: ToolhiveKind, type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'): void;
  /** The watch has to start over with a list, e.g. after 410 Gone. */
  relist?(kind: ToolhiveKind, reason: string): void;
  /** A list or watch failed; the next attempt follows after the wait. */
  failed?(kind: ToolhiveKind, operation: 'list' | 'watch', reason: string, waitMs: number): void;
  /** A read of one object within a review failed. */
  readFailed?(kind: ReadKind, reason: ReadFailure): void;
  /** An object that cannot be read was left out; told once per object until it can be read or is gone. */
  malformed?(kind: ToolhiveKind, namespace: string, name: string, problem: string): void;
}

/** The state of one kind, as metrics and readiness ask for it. */
export interface KindStatus {
  readonly kind: ToolhiveKind;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  readonly synced: boolean;
  readonly objects: number;
  readonly malformed: number;
  /** Milliseconds since the API server was last heard of; undefined before the first time. */
  readonly ageMs: number | undefined;
}

/** Calls an observer that may throw. */
export function tell(call: () => void): void {
  try {
    call();
  } catch {
    // An observer is never worth a reflector.
  }
}
