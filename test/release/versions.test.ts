import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { changesOf, setVersion, versionProblems } from '../../scripts/release/versions.ts';
import { VERSION } from '../../src/version.ts';
import { ROOT } from '../support/cluster/installation.ts';
import { runCommand } from '../support/command.ts';

const { dir, env } = inject('published');

it('has the same version everywhere, and says what changed in it', async () => {
  expect(await versionProblems(ROOT, VERSION)).toEqual([]);
});

it('keeps a tag of another version from being released', async () => {
  const check = (version: string) =>
    runCommand(process.execPath, [join(ROOT, 'scripts/release.ts'), 'check', version], { cwd: dir, env });
  expect(await check(VERSION)).toEqual({ code: 0, stdout: '', stderr: '' });
  const { code, stderr } = await check('9.9.9');
  expect(code).toBe(1);
  expect(stderr).toContain(`package.json has version ${VERSION}, not 9.9.9\n`);
});

it('sets the version everywhere, and then asks for the section of the change log', async () => {
  const wrong = (await versionProblems(ROOT, '9.9.9')).map((problem) => problem.split(' ')[0] ?? '');
  const copy = join(dir, 'versions');
  for (const file of new Set(wrong)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await cp(join(ROOT, file), join(copy, file));
  }
  await setVersion(copy, '9.9.9');
  expect(await versionProblems(copy, '9.9.9')).toEqual([
    'CHANGELOG.md has no section "## 9.9.9" with text below it',
  ]);
  await expect(setVersion(copy, 'v9')).rejects.toThrow('"v9" is not a version');
  expect(JSON.parse(await readFile(join(copy, 'package.json'), 'utf8')).version).toBe('9.9.9');
});

it.each([
  ['## 1.1.0 - 2026-11-28\n\n- New.\n\n## 1.0.0\n\n- Old.\n', '1.0.0', '- Old.'],
  ['## 1.1.0 - 2026-11-28\n\n- New.\n\n## 1.0.0\n\n- Old.\n', '1.1.0', '- New.'],
  ['## Unreleased\n\n## 1.0.0\n', '1.0.0', undefined],
  ['## 1.0.0-rc.1\n\n- Try it.\n', '1.0.0', undefined],
])('finds the changes of a version: %#', (log, version, changes) => {
  expect(changesOf(log, version)).toBe(changes);
});
