import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadPolicy } from '../../../../src/cli/shared/policyOption.ts';

async function problemsOf(text: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-policy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'policy.yaml');
  await writeFile(file, text);
  const loaded = await loadPolicy(file);
  return loaded.ok ? [] : loaded.problems.map((problem) => problem.replace(file, 'FILE'));
}

it('says where a policy is no YAML, and what is wrong, without its text', async () => {
  expect(await problemsOf('rules:\n  x: |CANARY\n')).toEqual([
    expect.stringMatching(/^FILE:2:\d+: is not usable YAML: something stands where it cannot/),
  ]);
});

it('says of a policy that is not there that it is not there', async () => {
  const loaded = await loadPolicy('/nowhere/policy.yaml');
  expect(loaded).toEqual({ ok: false, problems: ['/nowhere/policy.yaml: no such file or folder'] });
});
