import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../../support/cluster/installation.ts';

/** Files of a repository of a user: path → text. */
export type Files = Readonly<Record<string, string>>;

const GROUP = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata:
  name: team
  namespace: apps
spec: {}
`;

function entry(name: string, url: string): string {
  return `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata:
  name: ${name}
  namespace: apps
spec:
  remoteUrl: ${url}
  transport: streamable-http
  groupRef:
    name: team
`;
}

/** A repository in which nothing is denied. */
export const CLEAN: Files = {
  'README.md': '# Our servers\n',
  'my servers/group.yaml': GROUP,
  'my servers/search.yaml': entry('search', 'https://search.example.com/mcp'),
};

/** The same with an entry that is denied. */
export const DENIED: Files = { ...CLEAN, 'my servers/local.yaml': entry('local', 'http://localhost/mcp') };

/** The same with a file that cannot be judged. */
export const BROKEN: Files = { ...CLEAN, 'my servers/broken.yaml': 'kind: [\n' };

/** A new folder below `dir` with the files of a repository. */
export async function repository(dir: string, files: Files): Promise<string> {
  const folder = await mkdtemp(join(dir, 'repository-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** A copy of the action as a runner downloads it, with a space in its path. */
export async function downloadedAction(dir: string): Promise<string> {
  const folder = join(await mkdtemp(join(dir, 'action-')), 'the action');
  for (const path of ['action.yml', 'integrations'])
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  return folder;
}
