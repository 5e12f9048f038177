import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const reaperScript = join(dirname(fileURLToPath(import.meta.url)), 'reaper.ts');
/**
 * The environment of what is started without that of the tests. The compiled code of an earlier run of the command is used
 * again: `serve` then takes half of the CPU until it listens.
 */
export const CLEAN_ENVIRONMENT = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};
/** How long a server may take to end after SIGTERM before it is killed. */
const GRACE_MS = 15_000;

/** A server that the tests started. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves to the exit code, or the signal's name, once the process is gone. */
  readonly exited: Promise<number | string>;
  hasExited(): boolean;
  /** Everything that it wrote so far, stdout and stderr together. */
  log(): string;
  /** Sends the signal and waits for the end; kills after 15 s. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** The processes and temporary folders of a test run; all end with it, also when it is killed. */
export class ProcessScope {
  readonly dir: string;
  readonly #reaper: ChildProcess;
  readonly #running = new Set<ServerProcess>();

  private constructor(dir: string, reaper: ChildProcess) {
    this.dir = dir;
    this.#reaper = reaper;
  }

  /** Makes a temporary folder and the process that cleans up after the tests. */
  static async create(prefix: string): Promise<ProcessScope> {
    const dir = await mkdtemp(join(tmpdir(), `${prefix}-`));
    const reaper = spawn(process.execPath, ['--no-warnings', reaperScript], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    reaper.unref();
    const scope = new ProcessScope(dir, reaper);
    scope.#tell(`remove ${dir}`);
    return scope;
  }

  #tell(line: string): void {
    this.#reaper.stdin?.write(`${line}\n`);
  }

  start(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ServerProcess {
    const logFile = join(this.dir, `${name}.log`);
    const output = openSync(logFile, 'a');
    const child = spawn(command, args, {
      cwd: this.dir,
      env: { ...CLEAN_ENVIRONMENT, HOME: this.dir, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    let over = false;
    const exited = new Promise<number | string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    }).finally(() => {
      over = true;
      if (child.pid !== undefined) this.#tell(`forget ${child.pid}`);
    });
    if (child.pid !== undefined) this.#tell(`watch ${child.pid}`);
    const server: ServerProcess = {
      name,
      pid: child.pid ?? -1,
      exited,
      hasExited: () => over,
      log: () => readFileSync(logFile, 'utf8'),
      stop: async (signal = 'SIGTERM') => {
        if (!over) child.kill(signal);
        const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
        const code = await exited;
        clearTimeout(timer);
        return code;
      },
    };
    this.#running.add(server);
    void exited.then(() => this.#running.delete(server));
    return server;
  }

  /** Kills what still runs, removes the folder, and returns when both is done. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((server) => server.stop('SIGKILL')));
    const gone = new Promise((resolve) => this.#reaper.once('exit', resolve));
    this.#reaper.ref();
    this.#reaper.stdin?.end();
    await gone;
  }
}
