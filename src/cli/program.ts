import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.ts';

/** Exit code for a wrong command line and for an internal error; 1 says that something is denied. */
const UNUSABLE = 2;

/** Each command's module is loaded only when it is asked for: the server pays for no output code, nor the other way. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve/serve.ts')).serveCommand().helpGroup('In the cluster:'),
  certs: async () => (await import('./certs/certs.ts')).certsCommand().helpGroup('In the cluster:'),
  doctor: async () => (await import('./doctor/doctor.ts')).doctorCommand().helpGroup('In the cluster:'),
  check: async () => (await import('./check/check.ts')).checkCommand().helpGroup('On manifests:'),
  inject: async () => (await import('./inject/inject.ts')).injectCommand().helpGroup('On manifests:'),
  policy: async () => (await import('./policy/policy.ts')).policyCommand().helpGroup('On manifests:'),
  explain: async () => (await import('./explain/explain.ts')).explainCommand().helpGroup('Help:'),
  completion: async () => (await import('./completion/completion.ts')).completionCommand().helpGroup('Help:'),
  __complete: async () => (await import('./completion/completion.ts')).completeCommand(makeProgram),
};

const AFTER = `
Examples:
  vmcp-admission check manifests/
  vmcp-admission explain remote-url-private
  vmcp-admission serve --catalog manifests --manifests examples --cert-dir certs`;

/** Lets a command and its subcommands end, and print errors, as the program does. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const subcommand of command.commands) inherit(subcommand, command);
  return command;
}

async function makeProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('vmcp-admission')
    .description('Admission webhook for ToolHive: validates MCPServerEntry objects and fills vMCP Pods')
    .version(VERSION)
    // A command and its subcommand may have a flag of the same name; each takes those behind its own name.
    .enablePositionalOptions()
    .addHelpCommand(
      new Command('help').argument('[command]').description('the same as --help').helpGroup('Help:'),
    )
    .addHelpText('after', AFTER)
    .exitOverride()
    .showHelpAfterError(
      '(vmcp-admission --help lists the commands, vmcp-admission COMMAND --help its flags)',
    );
  const wanted = words.find((word) => Object.hasOwn(COMMANDS, word));
  for (const [name, load] of Object.entries(COMMANDS))
    if (wanted === undefined || wanted === name)
      program.addCommand(inherit(await load(), program), { hidden: name.startsWith('__') });
  return program;
}

/** Runs the command that the words of a command line name, and leaves its exit code in `process.exitCode`. */
export async function runProgram(words: readonly string[]): Promise<void> {
  // A reader that closes early (`| head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    const program = await makeProgram(words);
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : UNUSABLE;
      return;
    }
    process.stderr.write(`vmcp-admission: ${error instanceof Error ? error.message : 'unexpected error'}\n`);
    process.exitCode = UNUSABLE;
  }
}
