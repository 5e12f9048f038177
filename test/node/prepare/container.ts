import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import { pathOf, type Tools } from './packages.ts';

const NAMESPACES = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];

/** A bundle of runc that ends at once. */
async function bundle(folder: string, tools: Tools, cgroup: string): Promise<void> {
  await mkdir(join(folder, 'rootfs', 'bin'), { recursive: true });
  await copyFile(await pathOf('busybox', tools), join(folder, 'rootfs', 'bin', 'true'));
  const namespaces = ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type }));
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: true },
    process: { args: ['/bin/true'], cwd: '/', user: { uid: 65532, gid: 65532 }, noNewPrivileges: true },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
    linux: { namespaces, cgroupsPath: `/${cgroup}/probe` },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
}

/** Starts a container in the cgroup with runc. Returns why it cannot, in one line. */
export async function whyNoContainer(tools: Tools, cgroup: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-probe-'));
  try {
    await bundle(folder, tools, cgroup);
    const runc = ['runc', '--root', join(folder, 'state'), 'run', '--bundle', folder, 'probe'];
    await command('unshare', [...NAMESPACES, ...runc], { env: tools.env });
    return undefined;
  } catch (error) {
    return `runc cannot start a container: ${(error as Error).message.replaceAll('\n', ' | ')}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
