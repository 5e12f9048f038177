import { expect } from 'vitest';
import type { Manifest } from '../../support/cluster/installation.ts';

/** What kubectl prints when Pods on the network of the node are applied to a namespace that warns of them. */
export const HOST_NETWORK_WARNING =
  'Warning: would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)\n';

/** Checks what an installation on the network of the node must change in its Deployment. */
export function expectHostNetwork(objects: readonly Manifest[]): void {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  expect(deployment).toMatchObject({
    spec: {
      strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      template: {
        spec: {
          hostNetwork: true,
          dnsPolicy: 'ClusterFirstWithHostNet',
          affinity: {
            podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [expect.anything()] },
          },
        },
      },
    },
  });
}
