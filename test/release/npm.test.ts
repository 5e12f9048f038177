import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { krewManifest } from '../../scripts/release/krewManifest.ts';
import { VERSION } from '../../src/version.ts';
import { runCommand } from '../support/command.ts';
import { programOrSkip } from './support/program.ts';
import { CLEAN, DENIED, repository } from './support/scratch.ts';

const { dir, folder, env } = inject('published');

/** The archive that `npm pack` makes. */
async function packed(): Promise<string> {
  const into = await mkdtemp(join(dir, 'packed-'));
  const run = await runCommand('npm', ['pack', '--json', folder], { cwd: into, env });
  const [{ filename }] = JSON.parse(run.stdout) as [{ readonly filename: string }];
  return join(into, filename);
}

it('runs with npx, from the registry and from the packed archive, where nothing else is installed', async () => {
  const cwd = await repository(dir, DENIED);
  const check = async (spec: string) => {
    const args = ['--yes', '--package', spec, 'vmcp-admission', 'check', '.'];
    return runCommand('npx', args, { cwd, env });
  };
  for (const spec of [`vmcp-admission@${VERSION}`, await packed()])
    expect(await check(spec)).toMatchObject({ code: 1, stderr: expect.not.stringContaining('rror') });
});

it('installs itself and no other package, and explains rules without a checkout', async () => {
  const cwd = await mkdtemp(join(dir, 'installed-'));
  await runCommand('npm', ['install', await packed()], { cwd, env });
  const lock = JSON.parse(await readFile(join(cwd, 'package-lock.json'), 'utf8'));
  expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/vmcp-admission']);
  const program = join(cwd, 'node_modules/.bin/vmcp-admission');
  expect((await runCommand(program, ['explain', 'remote-url-private'], { cwd, env })).stdout).toContain(
    'allowPrivateEndpoint: true',
  );
  expect((await runCommand(program, ['--version'], { cwd, env })).stdout.trim()).toBe(VERSION);
});

it('holds what its package.json says, ready for a statement of provenance', async () => {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({
    bin: { 'vmcp-admission': 'bin.js' },
    repository: { type: 'git', url: 'git+https://github.com/example/vmcp-admission.git' },
    publishConfig: { access: 'public', provenance: true },
  });
  for (const key of ['private', 'scripts', 'dependencies', 'optionalDependencies', 'devDependencies'])
    expect(manifest).not.toHaveProperty(key);
  const { stdout } = await runCommand('tar', ['-tzf', await packed()], { cwd: dir, env });
  const top = new Set(
    stdout
      .trim()
      .split('\n')
      .map((path) => path.split('/')[1]),
  );
  expect([...top].sort()).toEqual([...manifest.files, 'package.json'].sort());
});

it('says on an older Node which one it needs', async () => {
  const older = join(dir, 'older.cjs');
  await writeFile(older, "Object.defineProperty(process, 'versions', { value: { node: '22.19.0' } });\n");
  const args = ['--require', older, join(folder, 'bin.js'), 'check', '.'];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: dir, env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^vmcp-admission needs Node 24 or newer; this is v[^\n]*\n$/);
});

const krew = await programOrSkip('krew');

it.skipIf(krew === undefined)('is a kubectl plugin that krew installs', async () => {
  const home = await mkdtemp(join(dir, 'krew-'));
  const archive = await packed();
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  const source = {
    version: VERSION,
    uri: 'https://example.com/package.tgz',
    homepage: 'https://example.com',
  };
  const manifest = join(home, 'vmcp-admission.yaml');
  await writeFile(manifest, krewManifest({ ...source, sha256 }));
  const install = ['install', `--manifest=${manifest}`, `--archive=${archive}`];
  const ours = { ...env, HOME: home, KREW_ROOT: join(home, 'krew') };
  const installed = await runCommand(krew ?? '', install, { cwd: home, env: ours });
  expect(installed.code, installed.stderr).toBe(0);
  // As kubectl runs it for `kubectl vmcp-admission check .`
  const plugin = join(home, 'krew/bin/kubectl-vmcp_admission');
  const cwd = await repository(dir, CLEAN);
  expect((await runCommand(plugin, ['check', '.'], { cwd, env })).stdout).toContain(
    '2 objects checked: 0 denied',
  );
});
