import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type CommandResult, runCommand } from '../../support/command.ts';

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

/** What a run of an action left behind. */
export interface ActionRun {
  /** Of the step that failed, else 0. */
  readonly code: number;
  /** What the steps printed: annotations among it. */
  readonly log: string;
  /** The other actions that were called, with their inputs. */
  readonly called: readonly { readonly uses: string; readonly with: Readonly<Record<string, string>> }[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

type Context = Readonly<Record<string, string>>;

/** The value of an expression: comparisons mean in JavaScript what they mean in GitHub's expressions. */
function evaluate(expression: string, context: Context): unknown {
  const script = expression.replaceAll(/(?<!['\w])(?:inputs|steps)\.[\w.-]+/g, (name) =>
    JSON.stringify(context[name] ?? ''),
  );
  return new Function(`return (${script});`)();
}

function expand(text: string, context: Context): string {
  return text.replaceAll(/\$\{\{(.+?)\}\}/g, (_, expression: string) =>
    String(evaluate(expression, context)),
  );
}

function outputsOf(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
    return name === '' ? [] : [[name, value] as const];
  });
}

/** A run of a composite action: its steps one after the other, scripts as the runner starts them. */
export class GithubRunner {
  readonly #action: string;
  readonly #workspace: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(action: string, workspace: string, env: NodeJS.ProcessEnv) {
    this.#action = action;
    this.#workspace = workspace;
    this.#env = env;
  }

  async #script(step: Step, context: Context, temp: string): Promise<CommandResult> {
    const script = join(temp, 'step.sh');
    await writeFile(script, expand(step.run ?? '', context));
    await writeFile(join(temp, 'output'), '');
    const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, expand(text, context)]);
    const env = {
      ...this.#env,
      ...Object.fromEntries(own),
      GITHUB_ACTION_PATH: this.#action,
      GITHUB_OUTPUT: join(temp, 'output'),
      GITHUB_STEP_SUMMARY: join(temp, 'summary'),
      RUNNER_TEMP: temp,
    };
    const args = ['--noprofile', '--norc', '-e', '-o', 'pipefail', script];
    return runCommand('bash', args, { cwd: this.#workspace, env });
  }

  /** Runs the action with these inputs. Actions that it calls are only recorded. */
  async run(inputs: Readonly<Record<string, string>>): Promise<ActionRun> {
    const temp = join(await mkdtemp(join(this.#workspace, '..', 'runner-')), 'a temp');
    await mkdir(temp);
    const { runs, ...action } = parse(await readFile(join(this.#action, 'action.yml'), 'utf8')) as Action;
    const context: Record<string, string> = {};
    for (const [name, input] of Object.entries(action.inputs))
      context[`inputs.${name}`] = inputs[name] ?? input.default;
    const called: ActionRun['called'][number][] = [];
    let [code, log] = [0, ''];
    for (const step of runs.steps) {
      if (step.if !== undefined && expand(step.if, context) !== 'true') continue;
      if (step.uses !== undefined) {
        const given = Object.entries(step.with ?? {}).map(([name, value]) => [
          name,
          expand(String(value), context),
        ]);
        called.push({ uses: step.uses, with: Object.fromEntries(given) });
        continue;
      }
      const { stdout, stderr, ...ended } = await this.#script(step, context, temp);
      log += stdout + stderr;
      for (const [name, value] of outputsOf(await readFile(join(temp, 'output'), 'utf8')))
        context[`steps.${step.id}.outputs.${name}`] = value;
      code = ended.code;
      if (code !== 0) break;
    }
    const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, expand(value, context)]);
    const summary = await readFile(join(temp, 'summary'), 'utf8').catch(() => '');
    return { code, log, called, outputs: Object.fromEntries(outputs), summary };
  }
}
