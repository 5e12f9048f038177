import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../support/wait.ts';

const CGROUPS = '/sys/fs/cgroup';

/** The cgroup of this name under every controller, that of v2 beside them included. */
async function folders(name: string): Promise<string[]> {
  return (await readdir(CGROUPS)).map((controller) => join(CGROUPS, controller, name));
}

/** Makes a cgroup under every v1 controller. A cpuset has no processors of its own at first, so those of its parent are copied. */
export async function makeCgroups(name: string): Promise<void> {
  for (const folder of await folders(name)) {
    if (folder !== join(CGROUPS, 'unified', name)) await mkdir(folder, { recursive: true });
  }
  const cpuset = join(CGROUPS, 'cpuset');
  if (!existsSync(cpuset)) return;
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    await writeFile(join(cpuset, name, file), await readFile(join(cpuset, file)));
}

/** Removes a cgroup with those inside it, deepest first. The files in it are the kernel's. */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder);
}

/** Removes the cgroups of a name. Their processes were killed, which the kernel may take a moment to finish. */
export async function removeCgroups(name: string): Promise<void> {
  for (const folder of await folders(name))
    await until(`${folder} is removed`, async () => {
      if (!existsSync(folder)) return true;
      return removeTree(folder).then(
        () => true as const,
        () => undefined,
      );
    });
}
