import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, cacheFolder, executable, go, goBuild, requiredVersion } from '../goBuild.ts';
import { writeKubernetesModule } from './kubernetesModule.ts';

/** The servers that the tests run, as absolute paths. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  /** Absent when `KUBEBUILDER_ASSETS` has none, as the folders of setup-envtest do not. */
  readonly controllerManager: string | undefined;
}

export type FoundBinaries = Binaries | { readonly missing: string };

const moduleDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'e2e', 'binaries');

const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
} as const;

const HOW_TO_GET_THEM =
  'Install Go (the tests then build etcd, kube-apiserver and kubectl once, some minutes), or set KUBEBUILDER_ASSETS to the folder that `setup-envtest use -p path` prints';

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

/** Builds the servers of a version of Kubernetes. etcd is always the one that go.mod pins. */
async function build(into: string, { version, pinned }: Wanted): Promise<string | undefined> {
  const [major, minor] = version.split('.');
  const stamp = 'k8s.io/component-base/version';
  // Without the version flags the server says v0.0.0, and clients misbehave.
  const flags = `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
  const other = pinned ? undefined : await mkdtemp(join(tmpdir(), 'vmcp-admission-kubernetes-'));
  try {
    const problem = other && (await writeKubernetesModule(other, version));
    if (problem) return problem;
    for (const [name, path] of Object.entries(PACKAGES)) {
      process.stderr.write(`e2e: building ${name} for Kubernetes ${version} (once, some minutes)\n`);
      const unlocked = other !== undefined && name !== 'etcd';
      const folder = unlocked ? other : moduleDir;
      const failed = await goBuild(folder, { output: join(into, name), flags, path, unlocked });
      if (failed !== undefined) return failed;
    }
    return undefined;
  } finally {
    if (other) await rm(other, { recursive: true, force: true });
  }
}

/** A version of Kubernetes, and whether it is the one that go.mod pins. */
interface Wanted {
  readonly version: string;
  readonly pinned: boolean;
}

/** The version of `KUBERNETES_VERSION`, else the pinned one. @throws for what is not a version. */
async function wantedVersion(env: NodeJS.ProcessEnv): Promise<Wanted> {
  const pinned = await requiredVersion({ folder: moduleDir, main: 'k8s.io/kubernetes' });
  const version = env.KUBERNETES_VERSION || pinned;
  if (!/^1\.\d+\.\d+$/.test(version))
    throw new Error(`KUBERNETES_VERSION=${version} is not a version such as ${pinned}`);
  return { version, pinned: version === pinned };
}

/**
 * Finds etcd, kube-apiserver and kubectl: the folder of `KUBEBUILDER_ASSETS`, else the cache folder of the version
 * of `KUBERNETES_VERSION` or the one that go.mod pins, which is built with Go when it is not there. `missing` is one line that says
 * how to get them.
 */
export async function findBinaries(env: NodeJS.ProcessEnv): Promise<FoundBinaries> {
  if (env.KUBEBUILDER_ASSETS) {
    const found = await inFolder(env.KUBEBUILDER_ASSETS);
    if (!('missing' in found)) return found;
    return {
      missing: `KUBEBUILDER_ASSETS=${env.KUBEBUILDER_ASSETS} has no ${found.missing}. ${HOW_TO_GET_THEM}.`,
    };
  }
  const wanted = await wantedVersion(env);
  const cache = cacheFolder(env, `k8s-${wanted.version}`);
  const cached = await inFolder(cache);
  if (!('missing' in cached) && cached.controllerManager !== undefined) return cached;
  if ((await go(moduleDir, ['version'])).code !== 0)
    return { missing: `no Kubernetes server binaries in ${cache} and no Go. ${HOW_TO_GET_THEM}.` };
  const problem = await buildOnce(cache, (into) => build(into, wanted));
  const built = problem === undefined ? await inFolder(cache) : { missing: problem };
  return 'missing' in built ? { missing: `${built.missing}. ${HOW_TO_GET_THEM}.` } : built;
}
