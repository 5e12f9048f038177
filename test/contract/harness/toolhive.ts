import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, inject } from 'vitest';

interface Start {
  /** The environment of the vMCP's container. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asks also for what the vMCP does after loading and validating, as far as it needs no network. */
  readonly start?: boolean;
  /** Asks for the config as it was loaded. */
  readonly show?: boolean;
}

/** What a vMCP makes of its config. */
export interface ConfigQuestion extends Start {
  readonly op: 'config';
  /** The text of config.yaml. */
  readonly yaml: string;
  /** The text of authserver-config.yaml beside it, if there is one. */
  readonly authServer?: string;
}

/** Whether the API server stores an object, whether the operator can decode it, or whether a value is a JSON Schema. */
export interface ObjectQuestion {
  readonly op: 'store' | 'decode' | 'schema';
  readonly object: unknown;
}

/**
 * What operator and vMCP make of a VirtualMCPServer: by its conversion alone, or by the operator's controller, with the calls
 * of the backends.
 */
export interface ConvertQuestion extends Start {
  readonly op: 'convert' | 'reconcile';
  readonly object: unknown;
  /** The objects that it may refer to; for `reconcile` all others of the cluster. */
  readonly others?: readonly unknown[];
}

/** Whether a Go template of a composite tool parses, and what it reads; or whether a Cedar policy parses. */
export interface TemplateQuestion {
  readonly op: 'template' | 'cedar';
  readonly text: string;
}

/** One question to ToolHive's packages. */
export type Question =
  | ConfigQuestion
  | ObjectQuestion
  | ConvertQuestion
  | TemplateQuestion
  | { readonly op: 'fields' };

type Stage =
  | 'request'
  | 'parse'
  | 'store'
  | 'decode'
  | 'spec'
  | 'convert'
  | 'reconcile'
  | 'discover'
  | 'integration'
  | 'write'
  | 'load'
  | 'validate'
  | 'start';

/** What ToolHive says: fine, or the stage that refuses and its error. */
export interface Verdict {
  readonly ok: boolean;
  readonly stage?: Stage;
  readonly error?: string;
  /** The loaded config, if it was asked for. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What the API server stores: pruned, and with the defaults of the CRD. */
  readonly object?: Readonly<Record<string, unknown>>;
  /** The config.yaml that a VirtualMCPServer was converted to. */
  readonly yaml?: string;
  /** For `reconcile`: the error of a call of each backend, `no auth` for a call without any, or ``. */
  readonly calls?: Readonly<Record<string, string>>;
  /** What a template reads, or all places in a config.yaml with their Go types, such as `.backends[].name string`. */
  readonly fields?: readonly string[];
}

/** A running program that answers each line with a line, in order. */
export class ToolHive {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: 'pipe' });
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The verdicts of many questions, in their order. */
  async judge(questions: readonly Question[]): Promise<Verdict[]> {
    for (const question of questions) this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const verdicts: Verdict[] = [];
    for (const question of questions) {
      const { done, value } = await this.#answers.next();
      if (done) throw new Error(`the program ended at ${JSON.stringify(question)}`);
      verdicts.push(JSON.parse(value) as Verdict);
    }
    return verdicts;
  }

  /** Ends the program. Resolves when it is gone. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await closed;
  }
}

/** A `describe` whose tests ask ToolHive; skipped as a whole when the program is missing. */
export function describeWithToolHive(
  name: string,
  tests: (ask: (questions: readonly Question[]) => Promise<Verdict[]>) => void,
): void {
  const program = inject('toolhive');
  describe.skipIf(program === undefined)(name, () => {
    let running: ToolHive;
    beforeAll(() => {
      running = new ToolHive(program ?? '');
    });
    afterAll(() => running.close());
    tests((questions) => running.judge(questions));
  });
}
