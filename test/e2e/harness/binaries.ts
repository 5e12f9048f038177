import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The servers that the tests run, as absolute paths. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  /** Absent when `KUBEBUILDER_ASSETS` has none, as the folders of setup-envtest do not. */
  readonly controllerManager: string | undefined;
}

export type FoundBinaries = Binaries | { readonly missing: string };

const moduleDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'binaries');

const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
} as const;

const HOW_TO_GET_THEM =
  'Install Go (the tests then build etcd, kube-apiserver and kubectl once, some minutes), or set KUBEBUILDER_ASSETS to the folder that `setup-envtest use -p path` prints';

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The binaries of a folder, or the name of the first one that it lacks. */
async function inFolder(dir: string): Promise<FoundBinaries> {
  for (const name of ['etcd', 'kube-apiserver', 'kubectl'])
    if (!(await executable(join(dir, name)))) return { missing: name };
  const controllerManager = join(dir, 'kube-controller-manager');
  return {
    etcd: join(dir, 'etcd'),
    apiServer: join(dir, 'kube-apiserver'),
    kubectl: join(dir, 'kubectl'),
    controllerManager: (await executable(controllerManager)) ? controllerManager : undefined,
  };
}

/** Runs the Go tool in the module that pins the servers; resolves to its exit code and the end of its output. */
function go(args: readonly string[]): Promise<{ readonly code: number; readonly tail: string }> {
  return new Promise((resolve) => {
    const child = spawn('go', args, {
      cwd: moduleDir,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let tail = '';
    child.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('utf8')).slice(-2000);
    });
    child.once('error', (error) => resolve({ code: 127, tail: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, tail }));
  });
}

async function kubernetesVersion(): Promise<string> {
  const version = /k8s\.io\/kubernetes v(\S+)/.exec(await readFile(join(moduleDir, 'go.mod'), 'utf8'))?.[1];
  if (!version) throw new Error(`${join(moduleDir, 'go.mod')} does not require k8s.io/kubernetes`);
  return version;
}

async function build(into: string, version: string): Promise<string | undefined> {
  const [major, minor] = version.split('.');
  const stamp = 'k8s.io/component-base/version';
  // Without the version flags the server says v0.0.0, and clients misbehave.
  const flags = `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
  for (const [name, path] of Object.entries(PACKAGES)) {
    process.stderr.write(`e2e: building ${name} for Kubernetes ${version} (once, some minutes)\n`);
    const run = await go(['build', '-trimpath', '-ldflags', flags, '-o', join(into, name), path]);
    if (run.code !== 0)
      return `go build ${path} failed: ${run.tail.trim().split('\n').slice(-5).join(' | ')}`;
  }
  return undefined;
}

/** Builds into a folder of its own and renames it, so that two runs at once cannot see each other's half. */
async function buildIntoCache(cache: string, version: string): Promise<FoundBinaries> {
  await mkdir(dirname(cache), { recursive: true });
  const temporary = await mkdtemp(`${cache}.building-`);
  try {
    const problem = await build(temporary, version);
    if (problem !== undefined) return { missing: problem };
    await rm(cache, { recursive: true, force: true });
    await rename(temporary, cache).catch(() => undefined); // another run was faster: its folder is the same
    return await inFolder(cache);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Finds etcd, kube-apiserver and kubectl: the folder of `KUBEBUILDER_ASSETS`, else the cache folder of the version
 * that go.mod pins, which is built with Go when it is not there. `missing` is one line that says how to get them.
 */
export async function findBinaries(env: NodeJS.ProcessEnv): Promise<FoundBinaries> {
  if (env.KUBEBUILDER_ASSETS) {
    const found = await inFolder(env.KUBEBUILDER_ASSETS);
    if (!('missing' in found)) return found;
    return {
      missing: `KUBEBUILDER_ASSETS=${env.KUBEBUILDER_ASSETS} has no ${found.missing}. ${HOW_TO_GET_THEM}.`,
    };
  }
  const version = await kubernetesVersion();
  const cacheRoot = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const cache = join(cacheRoot, 'vmcp-admission', `k8s-${version}`);
  const cached = await inFolder(cache);
  if (!('missing' in cached) && cached.controllerManager !== undefined) return cached;
  if ((await go(['version'])).code !== 0)
    return { missing: `no Kubernetes server binaries in ${cache} and no Go. ${HOW_TO_GET_THEM}.` };
  const built = await buildIntoCache(cache, version);
  return 'missing' in built ? { missing: `${built.missing}. ${HOW_TO_GET_THEM}.` } : built;
}
