import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { expect, it, onTestFinished } from 'vitest';
import { checkCommand } from '../../../../src/cli/check/check.ts';
import { candidates } from '../../../../src/cli/completion/candidates.ts';
import { completionCommand } from '../../../../src/cli/completion/completion.ts';
import { SCRIPTS } from '../../../../src/cli/completion/scripts.ts';
import { doctorCommand } from '../../../../src/cli/doctor/doctor.ts';
import { explainCommand } from '../../../../src/cli/explain/explain.ts';
import { serveCommand } from '../../../../src/cli/serve/serve.ts';
import { ROOT } from '../../../support/cluster/installation.ts';

const run = promisify(execFile);

const program = new Command('vmcp-admission');
for (const command of [
  checkCommand(),
  doctorCommand(),
  explainCommand(),
  serveCommand(),
  completionCommand(),
])
  program.addCommand(command);
program.addCommand(new Command('__secret'), { hidden: true });

const words = (line: string) =>
  candidates(program, line.split(' '), {
    id: ['remote-url-port', 'remote-url-private', 'group-not-found'],
  }).map(({ word }) => word);

it.each([
  ['', ['check', 'doctor', 'explain', 'serve', 'completion', 'help']],
  ['ch', ['check']],
  ['__', []],
  ['check --out', ['--output']],
  ['check -o ', ['text', 'json', 'sarif', 'junit', 'github', 'gitlab', 'markdown']],
  ['check --output = sa', ['sarif']],
  ['check --output json --show', ['--show-policy']],
  ['check --policy ', []],
  ['check --policy explain --sec', ['--secrets']],
  ['check manifests', []],
  ['doctor r', ['recover']],
  ['doctor recover --a', ['--apply']],
  ['serve --unknown-group ', ['refuse', 'allow']],
  ['serve --catalog kub', []],
  ['explain remote-url-p', ['remote-url-port', 'remote-url-private']],
  ['completion ', ['bash', 'zsh', 'fish']],
])('completes "%s"', (line, expected) => {
  expect(words(line)).toEqual(expected);
});

it('says what a command and an option are for', () => {
  expect(candidates(program, ['ch'], {})).toEqual([{ word: 'check', about: checkCommand().summary() }]);
});

it('completes in bash, where the command asks itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'completion-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const command = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src', 'main.ts')}' "$@"\n`;
  await writeFile(join(folder, 'vmcp-admission'), command, { mode: 0o755 });
  await writeFile(join(folder, 'completion'), SCRIPTS.bash);
  const script = [
    'source ./completion',
    'COMP_WORDS=(vmcp-admission check manifests --output "") COMP_CWORD=4',
    '_vmcp_admission; declare -p COMPREPLY',
  ];
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const { stdout } = await run('bash', ['-euc', script.join('\n')], { cwd: folder, env });
  const found = [...stdout.matchAll(/\]="([^"]*)"/g)].map(([, word]) => word);
  expect(found).toEqual(['text', 'json', 'sarif', 'junit', 'github', 'gitlab', 'markdown']);
});
