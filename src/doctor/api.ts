import { asApiError } from '../apiClient/errors.ts';
import type { Send, SentAnswer } from '../apiClient/send.ts';
import { oneLine } from '../text/line.ts';

/** What was read: a value, the fact that there is none, or why it is not known. */
export type Read<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unread'; readonly why: string };

export const absent = { state: 'absent' } as const;

export function found<T>(value: T): Read<T> {
  return { state: 'found', value };
}

export function unread(why: string): Read<never> {
  return { state: 'unread', why };
}

/** The value, or undefined when it is absent or unread. */
export function known<T>(read: Read<T>): T | undefined {
  return read.state === 'found' ? read.value : undefined;
}

/** The API server's sentences have the names of objects and users in them. */
const MAX_MESSAGE = 800;
const FORBIDDEN = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/;

/** The message of a `metav1.Status`, on one line; empty when the body is something else. */
export function messageOf(body: unknown): string {
  const status = body as { message?: unknown } | null | undefined;
  return typeof status?.message === 'string' ? oneLine(status.message, MAX_MESSAGE) : '';
}

/** The error that an answer stands for, as a sentence; a missing right without the names around it. */
export function problemOf({ status, body }: SentAnswer): string {
  const message = messageOf(body);
  const [, verb, resource, group, namespace] = FORBIDDEN.exec(message) ?? [];
  if (status === 403 && verb !== undefined)
    return `you may not ${verb} ${resource}${group ? `.${group}` : ''}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
  return `the API server answered ${status}${message && `: ${message}`}`;
}

/** GETs an object or a list; never rejects. The type is what the API server promises for the path. */
export async function readObject<T>(send: Send, path: string): Promise<Read<T>> {
  try {
    const answer = await send({ method: 'GET', path });
    if (answer.status === 404) return absent;
    if (answer.status !== 200) return unread(problemOf(answer));
    if (answer.body === undefined) return unread('the answer of the API server is not JSON');
    return found(answer.body as T);
  } catch (error) {
    return unread(asApiError(error).message);
  }
}
