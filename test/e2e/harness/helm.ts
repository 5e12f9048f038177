import { join } from 'node:path';
import { type Manifest, parsedObjects, ROOT } from '../../support/cluster/installation.ts';
import { SHORT_RUN } from '../../support/cluster/kubectl.ts';
import { type CommandResult, runCommand } from '../../support/command.ts';
import { findGoProgram } from '../../support/goBuild.ts';

/** The chart in the checkout. */
export const CHART = join(ROOT, 'deploy', 'helm', 'vmcp-admission');

/** The major versions of Helm that the chart is tested with. */
export const HELM_MAJORS = [3, 4] as const;
export type HelmMajor = (typeof HELM_MAJORS)[number];

/** Absolute paths of Helm 3 and Helm 4, or one line that says why there are none. */
export type FoundHelms = Readonly<Record<HelmMajor, string>> | { readonly missing: string };

/** The Kubernetes version that the templates are rendered for; the one of test/e2e/binaries. */
const KUBERNETES = '1.34';

/** Helm 3 believes that the cluster is Kubernetes 1.20 unless the linker says otherwise; Helm 4 asks its own go.mod. */
function linkerFlags(major: HelmMajor): string {
  if (major !== 3) return '-s -w';
  const [kubernetesMajor, kubernetesMinor] = KUBERNETES.split('.');
  const stamps = ['pkg/chartutil', 'pkg/lint/rules'].flatMap((path) => [
    `-X helm.sh/helm/v3/${path}.k8sVersionMajor=${kubernetesMajor}`,
    `-X helm.sh/helm/v3/${path}.k8sVersionMinor=${kubernetesMinor}`,
  ]);
  return ['-s -w', ...stamps].join(' ');
}

function findHelm(env: NodeJS.ProcessEnv, major: HelmMajor) {
  return findGoProgram(env, {
    folder: join(import.meta.dirname, '..', `helm${major}`),
    main: `helm.sh/helm/v${major}`,
    name: 'helm',
    path: `helm.sh/helm/v${major}/cmd/helm`,
    flags: linkerFlags(major),
  });
}

/** Finds Helm 3 and Helm 4 in the cache, or builds them there with Go. */
export async function findHelms(env: NodeJS.ProcessEnv): Promise<FoundHelms> {
  const three = await findHelm(env, 3);
  if ('missing' in three) return three;
  const four = await findHelm(env, 4);
  return 'missing' in four ? four : { 3: three.program, 4: four.program };
}

/** Where Helm's own files are, and the cluster that it calls; without a kubeconfig it can only render. */
export interface HelmConfig {
  readonly binary: string;
  readonly home: string;
  readonly kubeconfig?: string;
}

/** What `helm template` printed, by all that it was given. */
const templates = new Map<string, Promise<string>>();

/** One Helm. Nothing is written to the user's home. */
export class Helm {
  readonly #config: HelmConfig;

  constructor(config: HelmConfig) {
    this.#config = config;
  }

  /** Runs Helm; `values` go to its stdin as JSON, for `-f -`. Never throws for an exit code. */
  run(args: readonly string[], values?: object): Promise<CommandResult> {
    const { binary, home, kubeconfig } = this.#config;
    return runCommand(binary, values === undefined ? args : [...args, '-f', '-'], {
      cwd: home,
      env: { ...SHORT_RUN, HOME: home, KUBECONFIG: kubeconfig ?? join(home, 'no-kubeconfig') },
      input: values === undefined ? '' : JSON.stringify(values),
    });
  }

  /** Runs Helm and returns its stdout. @throws with everything that it printed when it fails. */
  async ok(args: readonly string[], values?: object): Promise<string> {
    const result = await this.run(args, values);
    if (result.code !== 0)
      throw new Error(`helm ${args.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  /** The objects of a release that is not installed, hooks included. The same is rendered once. */
  async template(release: string, namespace: string, values: object): Promise<readonly Manifest[]> {
    const key = JSON.stringify([this.#config.binary, release, namespace, values]);
    let yaml = templates.get(key);
    if (yaml === undefined) {
      yaml = this.ok(['template', release, CHART, '--namespace', namespace], values);
      templates.set(key, yaml);
    }
    return parsedObjects(await yaml);
  }
}
