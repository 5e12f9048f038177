import type { Command } from 'commander';
import type { Caller } from '../../rules/policy/scopes.ts';

/** The options that say who would apply the objects, for scopes of a policy. */
export interface CallerOptions {
  readonly as?: string;
  readonly groups?: readonly string[];
}

/** The group of every user whom the API server knows. */
const AUTHENTICATED = 'system:authenticated';

/** Adds the options to a command. */
export function acceptCaller(command: Command): Command {
  return command
    .option('--as <user>', 'judge for this user, by the scopes of the policy')
    .option('--groups <names>', 'groups of the user, separated by commas', (text) =>
      text.split(',').filter((group) => group !== ''),
    );
}

/** The caller that the options name; undefined when they name none. */
export function callerOf({ as: user, groups }: CallerOptions): Caller | undefined {
  if (user === undefined && groups === undefined) return undefined;
  return { user: user ?? '', groups: [...(groups ?? []), AUTHENTICATED] };
}
