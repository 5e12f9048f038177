import { access } from 'node:fs/promises';
import { command } from '../../support/command.ts';

const TOOLS = ['apt-get', 'dpkg-deb', 'go', 'ip', 'ldconfig', 'npm', 'nsenter', 'setpriv', 'unshare'];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function missingTool(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(':');
  for (const tool of TOOLS) {
    const found = await Promise.all(folders.map((folder) => exists(`${folder}/${tool}`)));
    if (!found.includes(true)) return tool;
  }
  return undefined;
}

/** Returns why this machine cannot run a node, in one line; undefined when nothing is known to be in the way. */
export async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a Kubernetes node needs Linux';
  if (process.getuid?.() !== 0) return 'a Kubernetes node needs root';
  if (!(await exists('/sys/fs/cgroup/memory/cgroup.procs')))
    return 'it is written for cgroup v1, and this machine has none';
  const tool = await missingTool();
  if (tool) return `there is no ${tool} on this machine`;
  const namespaces = ['--net', '--mount', '--pid', '--uts', '--fork', 'true'];
  return command('unshare', namespaces).then(
    () => undefined,
    (error: Error) => `no namespaces can be made here (${error.message})`,
  );
}
