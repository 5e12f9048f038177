import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { PolicyWatcher } from '../../../../src/cli/serve/policyWatcher.ts';
import { loadPolicy } from '../../../../src/cli/shared/policyOption.ts';
import type { Log } from '../../../../src/server/log.ts';

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
  const clock = {
    now: new Date('2026-06-01T00:00:00Z'),
    obstacle: undefined as string | undefined,
    wait: undefined as (() => Promise<undefined>) | undefined,
  };
  const deps = {
    file,
    load: () => loadPolicy(file),
    obstacle: async () => (await clock.wait?.()) ?? clock.obstacle,
    log: log as unknown as Log,
    use,
    now: () => clock.now,
    poll: 60_000,
  };
  return { watcher: new PolicyWatcher(deps, loaded.policy), file, log, levels, clock };
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

it('warns of parts of a new version that never apply', async () => {
  const { watcher, file, log } = await watched('{}');
  await writeFile(file, 'exemptNamespaces: [a.b]');
  await watcher.refresh();
  expect(log.warn.mock.calls).toEqual([
    [
      { parts: ['exemptNamespaces: no namespace can have a name like "a.b", so it has no effect'] },
      'parts of the policy have no effect',
    ],
  ]);
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

const BY_LABEL = 'scopes: [{namespaceSelector: {matchLabels: {a: b}}, rules: {remote-url-private: off}}]';

it('is not ready while the policy of the start needs labels that cannot be read, and keeps a later one out', async () => {
  const { watcher, file, levels, clock } = await watched(BY_LABEL);
  clock.obstacle = 'no right';
  expect(watcher.check.problem()).toContain('labels of namespaces');
  await watcher.refresh();
  expect(watcher.check.problem()).toBe('no right');
  clock.obstacle = undefined;
  await watcher.refresh();
  expect(watcher.check.problem()).toBeUndefined();
  clock.obstacle = 'no right any more';
  await writeFile(file, `${BY_LABEL}\nrules: {remote-url-private: warn}`);
  await watcher.refresh();
  expect({ levels, ready: watcher.check.problem(), note: watcher.check.note?.() }).toEqual({
    levels: [],
    ready: undefined,
    note: `the one before stays in effect: ${file}: no right any more`,
  });
  expect(watcher.state().current).toBe(false);
  clock.obstacle = undefined;
  await watcher.refresh();
  expect(levels).toEqual(['warn']);
});

it('logs once when an exception is over, counts it and says so in /readyz', async () => {
  const exception = '{rule: remote-url-private, namespace: a, name: b, until: 2026-06-01, reason: why}';
  const { watcher, log, clock } = await watched(`exceptions: [${exception}]`);
  await watcher.refresh();
  expect(log.warn).not.toHaveBeenCalled();
  expect(watcher.state().exceptions).toEqual({ active: 1, over: 0 });
  clock.now = new Date('2026-06-02T00:00:00Z');
  await watcher.refresh();
  await watcher.refresh();
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(watcher.state().exceptions).toEqual({ active: 0, over: 1 });
  expect(watcher.check.note?.()).toContain('remote-url-private for a/b, until 2026-06-01 (why)');
});

it('does not let an older version, whose labels took long to read, come in after a newer one', async () => {
  const { watcher, file, levels, clock } = await watched('{}');
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<undefined>();
  clock.wait = () => {
    asked.resolve();
    return answered.promise;
  };
  await writeFile(file, 'rules: {remote-url-private: off}');
  const slow = watcher.refresh();
  await asked.promise;
  clock.wait = undefined;
  await writeFile(file, 'rules: {remote-url-private: warn}');
  expect(watcher.refresh()).toBe(slow);
  answered.resolve(undefined);
  await slow;
  await watcher.refresh();
  expect(levels).toEqual(['off', 'warn']);
});
