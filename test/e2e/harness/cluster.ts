import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, inject } from 'vitest';
import { AdminApi } from '../../support/cluster/adminApi.ts';
import { Kubectl } from '../../support/cluster/kubectl.ts';
import { ObjectApi } from '../../support/cluster/objectApi.ts';
import type { TestCluster } from '../../support/cluster/testCluster.ts';
import { until } from '../../support/wait.ts';
import { refused, requestsOf } from './auditLog.ts';

/** The control plane of this run as a test file uses it. */
export interface Cluster extends TestCluster {
  /** kubectl as cluster admin. */
  readonly kubectl: Kubectl;
  /** Writes of whole objects as cluster admin, where it is not kubectl that is tested. */
  objects(): Promise<ObjectApi>;
  /** Makes a namespace that no other test uses and returns its name. */
  newNamespace(labels?: Readonly<Record<string, string>>): Promise<string>;
  readonly until: typeof until;
}

function cluster(e2e: TestCluster): Cluster {
  let api: Promise<ObjectApi> | undefined;
  const objects = () => {
    api ??= AdminApi.ofKubeconfig(e2e.admin.kubeconfig).then((admin) => new ObjectApi(admin));
    return api;
  };
  return {
    ...e2e,
    kubectl: new Kubectl(e2e.admin),
    objects,
    until,
    newNamespace: async (labels = {}) => {
      const metadata = { name: `test-${randomBytes(4).toString('hex')}`, labels };
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata };
      const { status, body } = await (await objects()).create(namespace);
      if (status !== 201) throw new Error(`namespace ${metadata.name}: ${body}`);
      return metadata.name;
    },
  };
}

/**
 * A `describe` whose tests run against the real API server; skipped as a whole when there is none. It fails when the API server
 * has refused an account of the webhook anything, in this file or in another one before.
 */
export function describeOnCluster(name: string, tests: (cluster: Cluster) => void): void {
  const e2e = inject('e2e');
  // The body runs at collection also when skipped, so it gets a cluster that it must use only inside tests.
  const absent: TestCluster = {
    admin: { binary: '', kubeconfig: '', home: '' },
    hasControllerManager: false,
    webhook: { url: '', healthUrl: '' },
    auditLog: '',
  };
  describe.skipIf(e2e === undefined)(name, () => {
    afterAll(async () => {
      if (e2e) expect(refused(await requestsOf(e2e.auditLog))).toEqual([]);
    });
    tests(cluster(e2e ?? absent));
  });
}
