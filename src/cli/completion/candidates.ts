import type { Command, Option } from 'commander';

/** A word that may stand at the end of a command line, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** Words for arguments by the name of the argument, for those that commander has no choices of. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>;

function commandNamed(parent: Command, name: string): Command | undefined {
  return parent.commands.find((command) => command.name() === name);
}

function optionNamed(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ short, long }) => word !== undefined && (word === short || word === long));
}

/** The values of an option: its choices, or those that its help shows as `<refuse|allow>`. */
function valuesOf(option: Option): readonly string[] {
  const shown = /[<[](\S+\|\S+)[>\]]/.exec(option.flags)?.[1];
  return option.argChoices ?? shown?.split('|') ?? [];
}

/** The command that the words end in, and the option whose value comes next. */
function reached(program: Command, words: readonly string[]): { command: Command; option?: Option } {
  let command = program;
  let option: Option | undefined;
  for (const word of words) {
    // bash makes three words of --output=json
    if (word === '=') continue;
    const isValue = option !== undefined;
    option = isValue ? undefined : optionNamed(command, word);
    if (option?.isBoolean()) option = undefined;
    if (!isValue) command = commandNamed(command, word) ?? command;
  }
  return option ? { command, option } : { command };
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }));
}

function argumentsOf(command: Command, vocabulary: Vocabulary): readonly Candidate[] {
  if (command.commands.length > 0)
    return command
      .createHelp()
      .visibleCommands(command)
      .map((one) => ({ word: one.name(), about: one.summary() || one.description() }));
  const [argument] = command.registeredArguments;
  const words = argument?.argChoices ?? vocabulary[argument?.name() ?? ''] ?? [];
  return words.map((word) => ({ word, about: '' }));
}

/**
 * What may replace the last of the words of a command line. None where a file, a folder or any text may stand; shells then offer
 * files.
 */
export function candidates(
  program: Command,
  words: readonly string[],
  vocabulary: Vocabulary,
): readonly Candidate[] {
  const last = words.at(-1) ?? '';
  const current = last === '=' ? '' : last;
  const { command, option } = reached(program, words.slice(0, -1));
  const all = () => (current.startsWith('-') ? optionsOf(command) : argumentsOf(command, vocabulary));
  const possible = option ? valuesOf(option).map((word) => ({ word, about: '' })) : all();
  return possible.filter(({ word }) => word.startsWith(current));
}
