import { expect, it } from 'vitest';
import { ROOT } from '../support/cluster/installation.ts';
import { programOrSkip } from './support/program.ts';
import { ran } from './support/published.ts';

const actionlint = await programOrSkip('actionlint');

it.skipIf(actionlint === undefined)('actionlint has nothing to say about the workflows', async () => {
  const { code, stdout, stderr } = await ran(actionlint ?? '', ['-no-color'], {
    cwd: ROOT,
    env: process.env,
  });
  expect(stdout + stderr).toBe('');
  expect(code).toBe(0);
});
