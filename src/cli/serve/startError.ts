import { ListenError } from '../../server/listen.ts';

/** Why `serve` cannot start, one sentence each. */
export class StartError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'StartError';
    this.problems = problems;
  }
}

/** Rejects with one StartError that has the problems of all that failed; with another error when there is one. */
export async function together<const T extends readonly Promise<unknown>[]>(steps: T) {
  const settled = await Promise.allSettled(steps);
  const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const other = errors.find((error) => !(error instanceof StartError));
  if (other !== undefined) throw other;
  if (errors.length > 0) throw new StartError(errors.flatMap((error) => (error as StartError).problems));
  return Promise.all(steps);
}

/** The problems for which a start was refused. Throws any other error. */
export function startProblems(error: unknown): readonly string[] {
  if (error instanceof StartError) return error.problems;
  if (error instanceof ListenError) return [error.message];
  throw error;
}
