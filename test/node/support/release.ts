import { expect } from 'vitest';
import type { Published } from '../../../scripts/release/publish.ts';
import { VERSION } from '../../../src/version.ts';
import { CHART, Helm, type HelmMajor } from '../../e2e/harness/helm.ts';
import type { Node } from '../machine/node.ts';
import { IMAGES } from '../prepare/images.ts';
import { packChart } from '../prepare/versionBefore.ts';
import { MAIN } from './webhook.ts';

/** Where a release takes its chart and its image from. */
export interface Source {
  /** The chart, and flags that belong to it. */
  readonly chart: readonly string[];
  /** The value `image`; without it that of the chart. */
  readonly image?: object;
}

function imageValue(image: string): object {
  const [repository, tag] = image.split(':');
  return { repository, tag };
}

/** The chart of this checkout, with the image that the nodes have. */
export const FROM_CHECKOUT: Source = { chart: [CHART], image: imageValue(IMAGES.webhook) };

/** The chart of a registry, which names the image by its digest. */
export function fromRegistry({ chart }: Published): Source {
  return { chart: [`oci://${chart.repository}`, '--version', VERSION, '--plain-http'] };
}

/** The version before this one; the present one where the repository has no history. */
export async function versionBefore(node: Node): Promise<Source> {
  const { before, helms } = node.machine;
  if (before === undefined) return FROM_CHECKOUT;
  const chart = await packChart(before, helms[4], node.file('.'));
  return { chart: [chart], image: imageValue(IMAGES.before) };
}

/** A release in a place; without one that of docs/install.md. */
export function release(node: Node, major: HelmMajor, { name, namespace } = MAIN) {
  const here = ['-n', namespace];
  const helm = new Helm({
    binary: node.machine.helms[major],
    home: node.file('.'),
    kubeconfig: node.file('admin.kubeconfig'),
  });
  const run = (verb: string, { chart, image }: Source, values: object, ...flags: readonly string[]) =>
    helm.ok([verb, name, ...chart, ...here, ...flags], {
      ...(image && { image }),
      ...values,
    });
  return {
    /** Installs, with a level of Pod Security enforced in the namespace. */
    install: async (source: Source, values: object, level: 'restricted' | 'privileged' = 'restricted') => {
      const label = `pod-security.kubernetes.io/enforce=${level}`;
      const enforce = () => node.kubectl.run(['label', 'namespace', namespace, label, '--overwrite']);
      // The namespace may exist, or come with the release.
      await enforce();
      await run('install', source, values, '--create-namespace');
      expect((await enforce()).code).toBe(0);
    },
    upgrade: (source: Source, values: object) => run('upgrade', source, values),
    /** Goes back to the revision before. */
    rollback: () => helm.ok(['rollback', name, ...here]),
    test: () => helm.ok(['test', name, ...here, '--timeout=120s']),
    uninstall: (...flags: readonly string[]) => helm.ok(['uninstall', name, ...here, ...flags]),
  };
}

/** Every kind that a release may have. */
const KINDS = [
  ...['serviceaccount', 'role', 'rolebinding', 'clusterrole', 'clusterrolebinding', 'service', 'deployment'],
  ...['secret', 'configmap', 'poddisruptionbudget', 'networkpolicy', 'job', 'cronjob'],
  ...['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'],
].join(',');

/** What the cluster has of a release, as `kind/name`. */
export async function objectsOfRelease({ kubectl }: Node, { name } = MAIN): Promise<readonly string[]> {
  const label = `app.kubernetes.io/instance=${name}`;
  const names = await kubectl.ok(['get', KINDS, '--all-namespaces', '-l', label, '-o', 'name']);
  // Helm keeps the Job of `helm test` for its log, also after an uninstallation; the cluster deletes it an hour later.
  return names.split('\n').filter((line) => line !== '' && line !== `job.batch/${name}-test`);
}
