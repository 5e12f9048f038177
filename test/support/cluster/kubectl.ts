import { stringify } from 'yaml';
import { type CommandResult, runCommand } from '../command.ts';

/** Where and as whom kubectl calls. Plain data, so that vitest can hand it to its workers. */
export interface KubectlConfig {
  readonly binary: string;
  readonly kubeconfig: string;
  /** Folder for kubectl's caches; nothing is written to the user's home. */
  readonly home: string;
}

/** For the many short runs of a Go program on a machine with few cores: without its garbage collector it takes a fifth less CPU. */
export const SHORT_RUN = { GOMAXPROCS: '2', GOGC: 'off', GOMEMLIMIT: '1GiB' };

// `kubectl diff` finds diff in PATH.
const ENVIRONMENT = { ...SHORT_RUN, PATH: process.env.PATH };

/** The real kubectl against the API server of the tests. */
export class Kubectl {
  readonly #config: KubectlConfig;

  constructor(config: KubectlConfig) {
    this.#config = config;
  }

  /** Runs kubectl; `input` goes to its stdin (objects become YAML documents). Never throws for an exit code. */
  run(args: readonly string[], input?: string | readonly object[]): Promise<CommandResult> {
    const { binary, kubeconfig, home } = this.#config;
    return runCommand(binary, args, {
      cwd: home,
      env: { ...ENVIRONMENT, HOME: home, KUBECONFIG: kubeconfig, KUBECACHEDIR: `${home}/cache` },
      input:
        typeof input === 'string'
          ? input
          : (input ?? []).map((o) => stringify(o, { version: '1.1' })).join('---\n'),
    });
  }

  /** Runs kubectl and returns its stdout. @throws with everything that it printed when it fails. */
  async ok(args: readonly string[], input?: string | readonly object[]): Promise<string> {
    const result = await this.run(args, input);
    if (result.code !== 0)
      throw new Error(
        `kubectl ${args.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`,
      );
    return result.stdout;
  }

  /** `kubectl apply -f -`, as a person types it. */
  apply(objects: string | readonly object[], ...args: readonly string[]): Promise<CommandResult> {
    return this.run(['apply', ...args, '-f', '-'], objects);
  }

  /** An object as JSON. @throws when it is not there. */
  async get<T = Record<string, unknown>>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok(['get', ...args, '-o', 'json'])) as T;
  }
}
