import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, inject } from 'vitest';

/** One question to ToolHive's packages: about the text of a config.yaml and its environment, or about a template. */
export type Question =
  | { readonly op: 'config'; readonly yaml: string; readonly env: Readonly<Record<string, string>> }
  | { readonly op: 'template'; readonly text: string };

/** What ToolHive says: fine, or the stage that refuses and its error. */
export interface Verdict {
  readonly ok: boolean;
  readonly stage?: 'request' | 'load' | 'validate' | 'parse';
  readonly error?: string;
  /** The fields that a template reads, sorted. */
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
