import { CHART, Helm, type HelmMajor } from '../../e2e/harness/helm.ts';
import type { Node } from '../machine/node.ts';
import { IMAGES } from '../prepare/images.ts';
import { NAMESPACE } from './webhook.ts';

const IN_NAMESPACE = ['-n', NAMESPACE];
const [REPOSITORY, TAG] = IMAGES.webhook.split(':');

/** The release of docs/install.md, with the image of this checkout. */
export function release(node: Node, major: HelmMajor) {
  const helm = new Helm({
    binary: node.helms[major],
    home: node.file('.'),
    kubeconfig: node.file('admin.kubeconfig'),
  });
  const valued = (values: object) => ({ image: { repository: REPOSITORY, tag: TAG }, ...values });
  return {
    install: async (values: object) => {
      await helm.ok(
        ['install', 'vmcp-admission', CHART, ...IN_NAMESPACE, '--create-namespace'],
        valued(values),
      );
      const label = 'pod-security.kubernetes.io/enforce=restricted';
      await node.kubectl.ok(['label', 'namespace', NAMESPACE, label, '--overwrite']);
    },
    upgrade: (values: object) =>
      helm.ok(['upgrade', 'vmcp-admission', CHART, ...IN_NAMESPACE], valued(values)),
    /** Goes back to the revision before. */
    rollback: () => helm.ok(['rollback', 'vmcp-admission', ...IN_NAMESPACE]),
    test: () => helm.ok(['test', 'vmcp-admission', ...IN_NAMESPACE, '--timeout=120s']),
    uninstall: () => helm.ok(['uninstall', 'vmcp-admission', ...IN_NAMESPACE]),
  };
}

/** Every kind that a release may have. */
const KINDS = [
  ...['serviceaccount', 'role', 'rolebinding', 'clusterrole', 'clusterrolebinding', 'service', 'deployment'],
  ...['secret', 'configmap', 'poddisruptionbudget', 'networkpolicy', 'job', 'cronjob'],
  ...['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'],
].join(',');

/** Helm keeps it for its log, also after an uninstallation; the cluster deletes it an hour later. */
const TEST_JOB = 'job.batch/vmcp-admission-test';

/** What the cluster has of the release, as `kind/name`. */
export async function objectsOfRelease({ kubectl }: Node): Promise<readonly string[]> {
  const label = 'app.kubernetes.io/instance=vmcp-admission';
  const names = await kubectl.ok(['get', KINDS, '--all-namespaces', '-l', label, '-o', 'name']);
  return names.split('\n').filter((line) => line !== '' && line !== TEST_JOB);
}
