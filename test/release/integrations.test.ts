import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/cluster/installation.ts';
import { runCommand } from '../support/command.ts';
import { type ActionRun, GithubRunner } from './support/githubRunner.ts';
import { BROKEN, CLEAN, DENIED, downloadedAction, type Files, repository } from './support/scratch.ts';

const { dir, env } = inject('published');

/** Repositories, and the exit code of `check` in each. */
const REPOSITORIES: readonly (readonly [string, Files, number])[] = [
  ['nothing is denied', CLEAN, 0],
  ['an entry is denied', DENIED, 1],
  ['a file cannot be judged', BROKEN, 2],
];

interface Sarif {
  readonly runs: readonly [{ readonly results: readonly { readonly ruleId: string }[] }];
}

async function json<T>(...path: readonly string[]): Promise<T> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as T;
}

describe('the GitHub Action', () => {
  async function act(
    files: Files,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun & { readonly workspace: string }> {
    const workspace = await repository(dir, files);
    const run = await new GithubRunner(await downloadedAction(dir), workspace, env).run(inputs);
    return { ...run, workspace };
  }

  it.concurrent.each(REPOSITORIES)(
    'writes a SARIF log, and fails only after its upload: %s',
    async (_, files, code) => {
      const run = await act(files, { 'upload-sarif': 'true' });
      expect(run).toMatchObject({
        code,
        outputs: { 'exit-code': `${code}`, 'sarif-file': 'vmcp-admission.sarif' },
      });
      expect(run.called).toEqual([
        {
          uses: expect.stringMatching(/^github\/codeql-action\/upload-sarif@[0-9a-f]{40}$/),
          with: { sarif_file: 'vmcp-admission.sarif', category: 'vmcp-admission' },
        },
      ]);
      const { runs } = await json<Sarif>(run.workspace, 'vmcp-admission.sarif');
      expect(runs[0].results.map(({ ruleId }) => ruleId)).toEqual(
        code === 1 ? ['remote-url-blocked-host'] : [],
      );
      expect(run.log.includes('::error file=my servers/local.yaml,line=7,'), run.log).toBe(code === 1);
      expect(run.summary).toContain(code === 1 ? '1 denied' : '0 denied');
    },
  );

  it.concurrent('takes paths and arguments line by line, and uploads nothing unless it is told to', async () => {
    const inputs = {
      paths: 'my servers/group.yaml\n  \nmy servers/local.yaml\n',
      args: '--policy=my policy.yaml',
    };
    const policy = 'rules:\n  remote-url-blocked-host: warn\n';
    const run = await act(
      { ...DENIED, 'my policy.yaml': policy },
      { ...inputs, 'sarif-file': 'a log.sarif' },
    );
    expect(run).toMatchObject({ code: 0, called: [], outputs: { 'sarif-file': 'a log.sarif' } });
    expect(run.log).toContain('::warning file=my servers/local.yaml,line=7,');
  });

  it.concurrent('ends with 2 and without a log when the arguments are wrong', async () => {
    const run = await act(CLEAN, { args: '--polcy=x', 'upload-sarif': 'true' });
    expect(run).toMatchObject({ code: 2, called: [], outputs: { 'exit-code': '2', 'sarif-file': '' } });
    expect(run.log).toContain('--polcy');
  });
});

interface GitlabJob {
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
  readonly artifacts: { readonly when: string; readonly reports: Readonly<Record<string, string>> };
}

describe('the template for GitLab', () => {
  it.concurrent.each(REPOSITORIES)(
    'writes its reports and keeps the exit code: %s',
    async (_, files, code) => {
      const template = 'integrations/gitlab/vmcp-admission.gitlab-ci.yml';
      const jobs = parse(await readFile(join(ROOT, template), 'utf8')) as Record<string, GitlabJob>;
      const job = jobs['vmcp-admission'];
      const cwd = await repository(dir, files);
      const script = ['set -eo pipefail', ...(job?.script ?? [])].join('\n');
      const variables = { ...job?.variables, CI_BUILDS_DIR: `${cwd}-builds` };
      const run = await runCommand('bash', ['-c', script], { cwd, env: { ...env, ...variables } });
      expect(run.code, run.stderr).toBe(code);
      expect(run.stdout.includes('local.yaml:7:3 error spec.remoteUrl'), run.stdout).toBe(code === 1);
      const { codequality = '', junit = '' } = job?.artifacts.reports ?? {};
      expect(job?.artifacts.when).toBe('always');
      const findings = await json<{ check_name: string }[]>(cwd, codequality);
      expect(findings.some(({ check_name: rule }) => rule === 'remote-url-blocked-host')).toBe(code === 1);
      expect(await readFile(join(cwd, junit), 'utf8')).toContain('name="MCPServerEntry apps/search"');
    },
  );
});

interface PreCommitHook {
  readonly entry: string;
  readonly args: readonly string[];
  readonly pass_filenames: boolean;
}

describe('the hook for pre-commit', () => {
  it.each(REPOSITORIES)('judges the folder: %s', async (_, files, code) => {
    const hooks = parse(await readFile(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as PreCommitHook[];
    const [hook] = hooks;
    expect(hook).toMatchObject({ language: 'system', pass_filenames: false });
    const [program = '', ...words] = hook?.entry.split(' ') ?? [];
    const cwd = await repository(dir, files);
    const run = await runCommand(program, [...words, ...(hook?.args ?? [])], { cwd, env });
    expect(run.code, run.stderr).toBe(code);
    expect(run.stdout).toContain(code === 1 ? '1 denied' : '0 denied');
  });
});
