import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeOnCluster } from './harness/cluster.ts';
import {
  FIXTURES,
  injectedDryRun,
  operatorMadePod,
  type Pod,
  reportOf,
  vmcpNamespace,
} from './harness/vmcp.ts';

const CONFIG = 'vmcp-admission.dev/config.yaml';

function mountOf(pod: Pod, mountPath: string) {
  return pod.spec.containers[0]?.volumeMounts.find(
    (mount) => mount.mountPath.replace(/\/$/, '') === mountPath,
  );
}

function volumeOf(pod: Pod, mountPath: string) {
  const name = mountOf(pod, mountPath)?.name;
  return pod.spec.volumes.find((volume) => volume.name === name);
}

/** That a Pod runs both Valid entries of the fixture, with the CA bundle of the one that has one. */
function expectInjected(pod: Pod): void {
  const config = parse(pod.metadata.annotations?.[CONFIG] ?? '');
  expect(config.backends).toMatchObject([
    {
      name: 'billing',
      url: 'https://billing.corp.example:8443/mcp',
      transport: 'streamable-http',
      type: 'entry',
      caBundlePath: '/etc/toolhive/ca-bundles/billing/ca.crt',
    },
    { name: 'search', url: 'https://search.example.com/sse', transport: 'sse', type: 'entry' },
  ]);
  expect(config.aggregation).toEqual({
    conflictResolution: 'prefix',
    conflictResolutionConfig: { prefixFormat: '{workload}_' },
  });
  expect(reportOf(pod)).toMatchObject({
    group: 'team',
    backends: ['billing', 'search'],
    leftOut: [{ kind: 'MCPServerEntry', name: 'unchecked' }],
  });
  expect(volumeOf(pod, '/etc/vmcp-config')).toMatchObject({
    name: 'vmcp-admission-config',
    projected: {
      sources: expect.arrayContaining([
        expect.objectContaining({
          downwardAPI: {
            items: [
              {
                path: 'config.yaml',
                fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${CONFIG}']` },
              },
            ],
          },
        }),
      ]),
    },
  });
  expect(volumeOf(pod, '/etc/toolhive/ca-bundles/billing')).toMatchObject({
    configMap: { name: 'corp-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }], optional: true },
  });
  expect(mountOf(pod, '/etc/toolhive/ca-bundles/billing')).toMatchObject({ readOnly: true });
}

describeOnCluster('a vMCP Pod in a namespace with restricted Pod Security', (cluster) => {
  const { kubectl, until } = cluster;

  it('is stored with its configuration and its CA bundles', async () => {
    const namespace = await vmcpNamespace(cluster);
    const pod = await operatorMadePod(namespace, 'by-hand');
    const promised = await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const stored = await kubectl.get<Pod>('pod', 'by-hand', '-n', namespace);
    expectInjected(stored);
    // --dry-run=server told the truth.
    expect(stored.metadata.annotations).toEqual(promised.metadata.annotations);
    expect(stored.spec.volumes).toEqual(promised.spec.volumes);
  });

  it('is injected when a Deployment makes it', async ({ skip }) => {
    if (!cluster.hasControllerManager) skip('there is no kube-controller-manager binary');
    const namespace = await vmcpNamespace(cluster);
    await injectedDryRun(cluster, await operatorMadePod(namespace, 'probe'));
    await kubectl.ok(['apply', '-n', namespace, '-f', join(FIXTURES, 'vmcpDeployment.yaml')]);
    const pod = await until('the Deployment has a Pod', async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>('pods', '-n', namespace);
      return items[0];
    });
    expectInjected(pod);
  });
});

describeOnCluster('a Pod that is no vMCP', ({ kubectl, newNamespace }) => {
  it('is stored without our annotations', async () => {
    const namespace = await newNamespace();
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'other', namespace, labels: { app: 'other' } },
      spec: { containers: [{ name: 'main', image: 'other' }] },
    };
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const stored = await kubectl.get<Pod>('pod', 'other', '-n', namespace);
    expect(stored.metadata.annotations).toBeUndefined();
  });
});
