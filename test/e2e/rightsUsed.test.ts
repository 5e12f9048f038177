import { expect, it } from 'vitest';
import { type Manifest, rendered } from '../support/cluster/installation.ts';
import { refused, requestsOf, rightsUsed } from './harness/auditLog.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { listGhost, operatorMadePod, vmcpNamespace } from './harness/vmcp.ts';

interface Role extends Manifest {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

/** The account of the webhook that the API server calls. */
const ACCOUNT = 'vmcp-admission';

describeOnCluster('the rights of the shipped ClusterRole', (cluster) => {
  const { kubectl, until, auditLog } = cluster;

  it('are each used, and the webhook is never refused anything', async () => {
    const namespace = await vmcpNamespace(cluster);
    await listGhost(kubectl, namespace);
    const pod = await operatorMadePod(namespace, 'known');
    const labels = { ...pod.metadata.labels, 'app.kubernetes.io/instance': 'nobody' };
    const stranger = { ...pod, metadata: { ...pod.metadata, name: 'stranger', labels } };
    // The group of a self-managed Pod is looked for before the Pod is refused.
    const lost = {
      ...pod,
      metadata: {
        name: 'lost',
        namespace,
        labels: { 'vmcp-admission.dev/inject': 'enabled' },
        annotations: { 'vmcp-admission.dev/group': 'nobody' },
      },
    };
    const roles = (await rendered(kubectl)).filter(({ kind }) => kind === 'ClusterRole') as unknown as Role[];
    const granted = roles.flatMap(({ rules }) =>
      rules.flatMap(({ resources, verbs }) =>
        resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`)),
      ),
    );
    await until('every right is used', async () => {
      await kubectl.run(['create', '--dry-run=server', '-f', '-'], [pod, stranger, lost]);
      const used = rightsUsed(await requestsOf(auditLog, ACCOUNT));
      const unused = granted.filter((right) => !used.has(right));
      return unused.length === 0 ? true : undefined;
    });
    expect(refused(await requestsOf(auditLog, ACCOUNT))).toEqual([]);
  });
});
