import { spawn } from 'node:child_process';

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Goes to its stdin; without it there is none. */
  readonly input?: string;
}

/** What a command printed and how it ended. */
export interface CommandResult {
  /** 1 when a signal ended it; stderr then ends with its name. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command. Never throws for an exit code. */
export function runCommand(
  name: string,
  args: readonly string[],
  { input, ...options }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? 'ignore' : 'pipe';
    const child = spawn(name, args, { ...options, stdio: [stdin, 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}\n${signal}` }),
    );
    child.stdin?.on('error', () => undefined); // a command may end before it has read everything
    child.stdin?.end(input);
  });
}

/** Runs a command and returns what it printed on stdout. @throws with the end of stderr when it fails. */
export async function command(
  name: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(name, args, options);
  if (code === 0) return stdout;
  throw new Error(`${name} ${args[0] ?? ''} ended with ${code}: ${stderr.slice(-2000).trim()}`);
}
