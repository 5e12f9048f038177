import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { cli } from '../../../support/cli.ts';
import type { CommandResult } from '../../../support/command.ts';
import {
  type StoredCluster,
  type StoredClusterOptions,
  startStoredCluster,
} from '../../../support/storedCluster.ts';
import {
  baseConfigMap,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  virtualServer,
} from '../../injection/support/cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let cluster: StoredCluster | undefined;
afterEach(() => cluster?.stop());

const run = (...words: readonly string[]) => cli(words, { cwd: folder });

async function runOn(
  has: Omit<StoredClusterOptions, 'folder'>,
  ...words: readonly string[]
): Promise<CommandResult> {
  cluster = await startStoredCluster({ folder, ...has });
  return run(...words, '--cluster', '--kubeconfig', cluster.kubeconfig);
}

/** A workload that makes such Pods. */
function workload(kind: string, name: string, { metadata, spec }: Raw): Raw {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'apps' },
    spec: { template: { metadata, spec } },
  };
}

const PLAIN: Raw = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [] } };
const OBJECTS = [GROUP, virtualServer(), baseConfigMap(), entry('one')];

interface Shown {
  readonly pod: { readonly metadata: { readonly name: string } };
  readonly backends: readonly string[];
}

const shown = ({ stdout }: CommandResult) =>
  (JSON.parse(stdout) as Shown[]).map(({ pod, backends }) => [pod.metadata.name, ...backends]);

describe('inject --cluster', () => {
  it('shows the Pods of the workloads that make vMCP Pods, and of no others', async () => {
    const workloads = [
      workload('Deployment', 'team-vmcp', operatorMadePod()),
      workload('StatefulSet', 'mine', selfManagedPod()),
      workload('Deployment', 'other', PLAIN),
    ];
    const result = await runOn({ objects: [...OBJECTS, ...workloads] }, 'inject', '-o', 'json');
    expect({ code: result.code, shown: shown(result) }).toEqual({
      code: 0,
      shown: [
        ['team-vmcp-pod', 'one'],
        ['mine-0', 'one'],
      ],
    });
  });

  it('shows the Pod that the operator would make when workloads may not be read, and says which right is missing', async () => {
    const refuse: StoredClusterOptions['refuse'] = ({ resource }) =>
      ['deployments', 'statefulsets', 'daemonsets', 'cronjobs'].includes(resource) ? 403 : undefined;
    const result = await runOn({ objects: OBJECTS, refuse }, 'inject', '-o', 'json');
    expect({ code: result.code, shown: shown(result) }).toEqual({
      code: 0,
      shown: [['team-vmcp-pod', 'one']],
    });
    expect(result.stderr).toContain(
      'cannot list deployments.apps,statefulsets.apps,daemonsets.apps,cronjobs.batch in all namespaces; to allow it:',
    );
  });

  it('names the cluster in the command that makes new Pods', async () => {
    const result = await runOn({ objects: [...OBJECTS, operatorMadePod()] }, 'inject', '--stale');
    expect(result).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        `\n  kubectl delete pod -n apps --kubeconfig=${cluster?.kubeconfig} team-vmcp-1\n`,
      ),
    });
  });

  it.each([
    ['without --secrets', [], undefined, 'note: new values of 1 Secret are not looked for; --secrets does'],
    ['that has no managedFields', ['--secrets'], undefined, 'Secret apps/token (no managedFields)\n'],
    [
      'that the user may not get',
      ['--secrets'],
      403,
      'cannot get secrets in namespace apps; to allow it:\n    kubectl create clusterrole vmcp-admission-audit-get --verb=get --resource=secrets\n',
    ],
  ] as const)('says that it is not known whether a Secret is new: one %s', async (_, words, status, note) => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'k' } } }];
    const started = { running: { startedAt: '2026-01-02T00:00:00Z' } };
    const pod = {
      ...operatorMadePod({ env }),
      status: { containerStatuses: [{ name: 'vmcp', state: started }] },
    };
    const created = { name: 'token', namespace: 'apps', creationTimestamp: '2026-01-01T00:00:00Z' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: created, data: { k: 'eA==' } };
    const { stderr } = await runOn(
      {
        objects: [GROUP, virtualServer({ source: 'discovered' }), baseConfigMap(), pod, secret],
        refuse: ({ resource }) => (resource === 'secrets' ? status : undefined),
      },
      ...['inject', '--stale', ...words],
    );
    expect(stderr).toContain(note);
  });

  it('compares no Pod with --stale when a kind that decides about it may not be read', async () => {
    const refuse: StoredClusterOptions['refuse'] = ({ resource }) =>
      resource === 'mcpserverentries' ? 403 : undefined;
    const objects = [...OBJECTS, operatorMadePod()];
    const result = await runOn({ objects, refuse }, 'inject', '--stale');
    expect(result).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('0 vMCP Pods compared'),
      stderr: expect.stringContaining('not compared, because not all that they depend on could be read: 1'),
    });
  });
});

describe('the commands with --cluster', () => {
  it('end with 2 when the server does not answer, and say so once', async () => {
    cluster = await startStoredCluster({ folder, objects: [] });
    const { kubeconfig } = cluster;
    await cluster.stop();
    cluster = undefined;
    expect(await run('check', '--cluster', '--kubeconfig', kubeconfig)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^cluster: cannot list mcpserverentries\.toolhive\.stacklok\.dev and 13 more resources: the API server http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\n$/,
      ),
    });
  });

  it.each([
    [['check', '--namespaces', 'a', 'x.yaml'], '--namespaces has no effect without --cluster'],
    [['check', '--cluster', '--namespaces', 'a', 'x.yaml'], '--namespaces has no effect with files'],
    [['check', '--cluster', '--namespaces', 'A_b'], 'must be a comma-separated list of namespace names'],
    [['inject', '--stale', 'x.yaml'], '--stale compares the Pods of a live cluster'],
  ])('refuse what means nothing: %j', async (words, message) => {
    expect(await run(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

it('check --cluster names the exceptions that nothing in the cluster needs', async () => {
  const exception = (name: string, more = '') =>
    `  - {rule: remote-url-private, namespace: apps, name: ${name}, reason: why, until: ${more || '2999-01-01'}}\n`;
  writeFileSync(
    join(folder, 'policy.yaml'),
    `exceptions:\n${exception('inside')}${exception('gone')}${exception('over', '2020-01-01')}`,
  );
  const inside = entry('inside', { remoteUrl: 'http://10.0.0.1/' });
  const objects = [...OBJECTS, inside];
  const whole = await runOn({ objects }, 'check', '--policy', 'policy.yaml');
  const unused =
    'note: nothing in the cluster needs an exception of the policy: remote-url-private for apps/gone, until 2999-01-01 (why)\n';
  expect(whole).toMatchObject({ code: 0, stderr: expect.stringContaining(unused) });
  expect(whole.stderr).not.toMatch(/needs.*apps\/(inside|over)/);
  await cluster?.stop();
  const part = await runOn({ objects }, 'check', '--policy', 'policy.yaml', '--namespaces', 'apps');
  expect(part.stderr).not.toContain('needs');
});
