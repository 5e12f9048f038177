import { join } from 'node:path';
import { findBinaries } from '../../support/cluster/binaries.ts';
import {
  buildOnce,
  cacheFolder,
  executable,
  type GoModule,
  goBuild,
  moduleHash,
  requiredVersion,
} from '../../support/goBuild.ts';
import { ROOT } from '../support/paths.ts';

const KUBERNETES = { folder: join(ROOT, 'test', 'e2e', 'binaries'), main: 'k8s.io/kubernetes' };
const TOOLHIVE = { folder: join(ROOT, 'test', 'contract', 'toolhive'), main: 'github.com/stacklok/toolhive' };
const NODE_PROGRAMS = ['kube-scheduler', 'kube-proxy', 'kubelet'] as const;
type NodeProgram = (typeof NODE_PROGRAMS)[number];

/** The programs of a cluster and ToolHive's vMCP, as absolute paths. */
export interface Programs extends Readonly<Record<NodeProgram, string>> {
  readonly etcd: string;
  readonly kubectl: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
  readonly vmcp: string;
}

/** Programs of one Go module, built once. */
interface Build {
  readonly module: GoModule;
  readonly cache: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly flags: string;
}

async function build({ module, cache, packages, flags }: Build): Promise<string | undefined> {
  const names = Object.keys(packages);
  const there = await Promise.all(names.map((name) => executable(join(cache, name))));
  if (!there.includes(false)) return undefined;
  return buildOnce(cache, async (into) => {
    for (const [name, path] of Object.entries(packages)) {
      process.stderr.write(`node: building ${name} (once, some minutes)\n`);
      const problem = await goBuild(module.folder, { output: join(into, name), flags, path });
      if (problem !== undefined) return problem;
    }
    return undefined;
  });
}

async function kubernetes(env: NodeJS.ProcessEnv): Promise<Build> {
  const version = await requiredVersion(KUBERNETES);
  const [major, minor] = version.split('.');
  const stamp = 'k8s.io/component-base/version';
  return {
    module: KUBERNETES,
    cache: cacheFolder(env, `k8s-node-${version}-${await moduleHash(KUBERNETES.folder)}`),
    packages: Object.fromEntries(NODE_PROGRAMS.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
    // A kubelet without a version is too old for every API server.
    flags: `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
  };
}

async function toolhive(env: NodeJS.ProcessEnv): Promise<Build> {
  return {
    module: TOOLHIVE,
    cache: cacheFolder(env, `toolhive-vmcp-${await requiredVersion(TOOLHIVE)}`),
    packages: { vmcp: 'github.com/stacklok/toolhive/cmd/vmcp' },
    flags: '-s -w',
  };
}

/** Finds or builds all programs. */
export async function findPrograms(env: NodeJS.ProcessEnv): Promise<Programs | { readonly missing: string }> {
  // The kubelet is of the pinned version, so the API server is, too.
  const servers = await findBinaries({ ...env, KUBERNETES_VERSION: undefined });
  if ('missing' in servers) return servers;
  if (servers.controllerManager === undefined)
    return {
      missing: 'KUBEBUILDER_ASSETS has no kube-controller-manager; unset it, and all programs are built',
    };
  const [ofNode, ofToolHive] = [await kubernetes(env), await toolhive(env)];
  const problem = (await build(ofNode)) ?? (await build(ofToolHive));
  if (problem !== undefined) return { missing: problem };
  const inCache = (name: NodeProgram) => join(ofNode.cache, name);
  return {
    etcd: servers.etcd,
    kubectl: servers.kubectl,
    'kube-apiserver': servers.apiServer,
    'kube-controller-manager': servers.controllerManager,
    'kube-scheduler': inCache('kube-scheduler'),
    'kube-proxy': inCache('kube-proxy'),
    kubelet: inCache('kubelet'),
    vmcp: join(ofToolHive.cache, 'vmcp'),
  };
}
