import { Argument, Command } from 'commander';
import { IDS } from '../explain/explain.ts';
import { EXIT, write } from '../shared/stdio.ts';
import { candidates } from './candidates.ts';
import { SCRIPTS, type Shell } from './scripts.ts';

const AFTER = `
Examples:
  vmcp-admission completion bash > ~/.local/share/bash-completion/completions/vmcp-admission
  vmcp-admission completion zsh > "\${fpath[1]}/_vmcp-admission"
  vmcp-admission completion fish > ~/.config/fish/completions/vmcp-admission.fish`;

/** `vmcp-admission completion SHELL`: the script that a shell loads. */
export function completionCommand(): Command {
  return new Command('completion')
    .summary('print the completion of a shell')
    .description('Print the script with which a shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'shell that will load the script').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', AFTER)
    .action(async (shell: Shell) => {
      await write(process.stdout, SCRIPTS[shell]);
      process.exitCode = EXIT.clean;
    });
}

/** `vmcp-admission __complete -- WORD…`: what these scripts ask. A line for each word that may stand in place of the last one. */
export function completeCommand(programFor: (words: readonly string[]) => Promise<Command>): Command {
  return new Command('__complete').argument('[words...]').action(async (words: readonly string[]) => {
    const found = candidates(await programFor(words), words, { id: IDS });
    await write(process.stdout, found.map(({ word, about }) => `${word}\t${about}\n`).join(''));
    process.exitCode = EXIT.clean;
  });
}
