import { type CommandOptions, type CommandResult, runCommand } from './command.ts';
import { MAIN } from './webhook.ts';

/** Runs the command line from source. Never throws for an exit code. */
export function cli(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return runCommand(process.execPath, [MAIN, ...args], options);
}
