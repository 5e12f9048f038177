import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/cluster/installation.ts';
import { runCommand } from '../support/command.ts';
import { programOrSkip } from './support/program.ts';

const actionlint = await programOrSkip('actionlint');

it.skipIf(actionlint === undefined)('actionlint has nothing to say about the workflows', async () => {
  const { code, stdout, stderr } = await runCommand(actionlint ?? '', ['-no-color'], {
    cwd: ROOT,
    env: process.env,
  });
  expect(stdout + stderr).toBe('');
  expect(code).toBe(0);
});

/** What the workflows and the action of this repository use, without what is in the repository itself. */
const USED = globSync(['.github/**/*.yml', 'action.yml'], { cwd: ROOT }).flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\buses: +(?![ .])(.*)/g)].map(
    ([, action = '']) => [file, action] as const,
  ),
);

it('takes actions of others by the hash of a commit, with its version beside it', () => {
  expect(USED.length).toBeGreaterThan(10);
  for (const [file, action] of USED)
    expect(action, file).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it('takes each action of others in one version', () => {
  const versions = Map.groupBy(
    USED.map(([, action]) => action),
    (action) => action.split('@')[0],
  );
  for (const actions of versions.values()) expect(new Set(actions).size, actions[0]).toBe(1);
});
