import type { Read } from './api.ts';
import type { CauseId } from './causes.ts';

export const STATUSES = ['ok', 'note', 'unknown', 'warning', 'failed'] as const;

/** From good to bad. `note`: advice for this cluster. `unknown`: what the check needs may not be read, or cannot be. */
export type Status = (typeof STATUSES)[number];

/** What one check says. */
export interface Result {
  readonly status: Status;
  /** One sentence: what is so, and what to do when it is wrong. */
  readonly message: string;
  /** Why a call of the webhook failed, when that is known. */
  readonly cause?: CauseId;
}

export function ok(message: string): Result {
  return { status: 'ok', message };
}

export function note(message: string): Result {
  return { status: 'note', message };
}

export function warning(message: string): Result {
  return { status: 'warning', message };
}

export function failed(message: string, cause?: CauseId): Result {
  return { status: 'failed', message, ...(cause && { cause }) };
}

export function unknown(message: string, cause?: CauseId): Result {
  return { status: 'unknown', message, ...(cause && { cause }) };
}

/**
 * Judges what was read. What is unread is unknown; what is absent is what `missing` says. `subject` names it, such as
 * "Service vmcp-admission".
 */
export function judge<T>(
  read: Read<T>,
  subject: string,
  missing: (text: string) => Result,
  check: (value: T) => readonly Result[],
): readonly Result[] {
  if (read.state === 'unread') return [unknown(`${subject} cannot be read: ${read.why}`)];
  if (read.state === 'absent') return [missing(`${subject} does not exist`)];
  return check(read.value);
}

/** The problems, or the one line that says that there is none. */
export function orOk(problems: readonly Result[], message: string): readonly Result[] {
  return problems.length > 0 ? problems : [ok(message)];
}
