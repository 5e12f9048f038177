import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadPolicy } from '../../../src/cli/policyOption.ts';
import { PolicyWatcher } from '../../../src/cli/policyWatcher.ts';
import type { Log } from '../../../src/server/log.ts';

async function watched(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-policy-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'policy.yaml');
  await writeFile(file, text);
  const loaded = await loadPolicy(file);
  if (!loaded.ok) throw new Error(loaded.problems.join());
  const log = { info: vi.fn(), warn: vi.fn() };
  const levels: string[] = [];
  const use = (policy: typeof loaded.policy) => levels.push(policy.levels['remote-url-private']);
  const deps = { file, log: log as unknown as Log, use, poll: 60_000 };
  return { watcher: new PolicyWatcher(deps, loaded.policy), file, log, levels };
}

it('uses a new version, once', async () => {
  const { watcher, file, log, levels } = await watched('rules: {remote-url-private: warn}');
  await watcher.refresh();
  expect(levels).toEqual([]);
  await writeFile(file, 'rules: {remote-url-private: off}');
  await watcher.refresh();
  await watcher.refresh();
  expect(levels).toEqual(['off']);
  expect(log.info).toHaveBeenCalledTimes(1);
});

it('keeps the version before when the new one cannot be used, and says why until it can', async () => {
  const { watcher, file, log, levels } = await watched('{}');
  await writeFile(file, 'rules: {remote-url-privat: off}');
  await watcher.refresh();
  await watcher.refresh();
  expect(levels).toEqual([]);
  expect(watcher.check.note?.()).toContain('remote-url-privat');
  expect(log.warn).toHaveBeenCalledTimes(1);
  await rm(file);
  await watcher.refresh();
  expect(watcher.check.note?.()).toContain(file);
  await writeFile(file, 'rules: {remote-url-private: off}');
  await watcher.refresh();
  expect({ levels, problem: watcher.check.note?.() }).toEqual({ levels: ['off'], problem: undefined });
});
