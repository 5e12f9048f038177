import type { ApiClient } from './apiClient.ts';
import type { CallLimits } from './exchange.ts';
import { type ApiFailure, isStatus } from './failure.ts';
import type { Holdings } from './holdings.ts';
import { isOlder, listVersion, rawObject } from './rawObject.ts';

/** Whether a watch can go on where it stood. */
export type HistoryCheck =
  | { readonly kind: 'same' }
  /** A list is needed. `other`: every object may be another one, also where its version is the same. */
  | { readonly kind: 'relist'; readonly reason: string; readonly other: boolean }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

/** One object of any size that the API server stores, and the list around it. */
const MAX_BYTES = 8 * 1024 * 1024;

const OTHER: HistoryCheck = {
  kind: 'relist',
  reason: 'the API server has another history than before',
  other: true,
};

/** Whether it is a list at all. What is none says nothing about the history. */
function isList(raw: unknown): boolean {
  const items = (raw as { items?: unknown } | null)?.items;
  return listVersion(raw) !== undefined && (items == null || Array.isArray(items));
}

/** What a list of at most one object, at the moment of our position, says against our copy. */
function differs(list: unknown, holdings: Holdings): boolean {
  const { items, metadata } = (list ?? {}) as { items?: unknown; metadata?: Record<string, unknown> | null };
  const first = Array.isArray(items) ? items[0] : undefined;
  if (first === undefined) return holdings.count > 0;
  const identity = rawObject(first);
  if (!identity || !holdings.holds(identity)) return true;
  const rest = metadata?.remainingItemCount;
  if (typeof rest === 'number') return rest + 1 !== holdings.count;
  // Without a number of the rest it can only be told whether there is one.
  return !metadata?.continue && holdings.count !== 1;
}

/**
 * Makes sure that the server still has the history that our position is of: after a restore or with a new etcd a watch
 * from there would be silent, or leave out what is older. Asks for the first object at the moment of our position: in
 * the same history it is one that we hold in that very version, and there are as many of them as we hold.
 */
export async function checkHistory(
  api: ApiClient,
  path: string,
  position: string,
  holdings: Holdings,
  calls: CallLimits,
): Promise<HistoryCheck> {
  const limits = { ...calls, maxBytes: MAX_BYTES };
  const then = new URLSearchParams({ limit: '1', resourceVersion: position, resourceVersionMatch: 'Exact' });
  const exact = await api.get(`${path}?${then}`, limits);
  if (exact.ok && !isList(exact.value))
    return { kind: 'failed', failure: { kind: 'malformed', message: 'it is no list' } };
  if (exact.ok) return differs(exact.value, holdings) ? OTHER : { kind: 'same' };
  const { failure } = exact;
  if (isStatus(failure, 404)) return { kind: 'relist', reason: 'the kind is gone', other: false };
  if (isStatus(failure, 410))
    return { kind: 'relist', reason: 'the resourceVersion has expired (410 Gone)', other: false };
  // A position that the server has not reached yet is answered with an error that says little else.
  if (failure.kind !== 'status' || failure.status < 500) return { kind: 'failed', failure };
  const now = await api.get(`${path}?limit=1`, limits);
  const theirs = now.ok ? listVersion(now.value) : undefined;
  return theirs !== undefined && isOlder(theirs, position) ? OTHER : { kind: 'failed', failure };
}
