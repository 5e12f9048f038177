import { expect, it, onTestFinished } from 'vitest';
import { AdminApi } from '../support/cluster/adminApi.ts';
import { describeOnCluster } from './harness/cluster.ts';

const GROUP = 'toolhive.stacklok.dev';
const BAD_URL = 'http://169.254.169.254/';
const SPEC = { remoteUrl: 'https://mcp.example.com/mcp', transport: 'sse', groupRef: { name: 'team' } };
const BAD_SPEC = { ...SPEC, remoteUrl: BAD_URL };
const JSON_PATCH = [{ op: 'replace', path: '/spec/remoteUrl', value: BAD_URL }];

describeOnCluster('a value that is denied', (cluster) => {
  const { kubectl } = cluster;

  it.each(['v1beta1', 'v1alpha1'])('is denied in %s, however it is written', async (version) => {
    const api = await AdminApi.ofKubeconfig(cluster.admin.kubeconfig);
    onTestFinished(() => api.close());
    const namespace = await cluster.newNamespace();
    const entry = (name: string | undefined, spec: object, more: object = {}) => ({
      apiVersion: `${GROUP}/${version}`,
      kind: 'MCPServerEntry',
      metadata: { namespace, ...(name && { name }), ...more },
      spec,
    });
    const path = `/apis/${GROUP}/${version}/namespaces/${namespace}/mcpserverentries`;
    const { status, body } = await api.call('POST', path, entry('good', SPEC));
    expect({ status, body }).toMatchObject({ status: 201 });
    const { resourceVersion } = JSON.parse(body).metadata;
    const apply = 'application/apply-patch+yaml';
    const writes: readonly (readonly [method: string, path: string, body: object, type?: string])[] = [
      ['POST', path, entry('bad', BAD_SPEC)],
      ['POST', `${path}?dryRun=All`, entry('bad', BAD_SPEC)],
      ['POST', path, entry(undefined, BAD_SPEC, { generateName: 'bad-' })],
      ['PATCH', `${path}/bad?fieldManager=test`, entry('bad', BAD_SPEC), apply],
      ['PUT', `${path}/good`, entry('good', BAD_SPEC, { resourceVersion })],
      ['PATCH', `${path}/good`, JSON_PATCH, 'application/json-patch+json'],
      ['PATCH', `${path}/good`, { spec: { remoteUrl: BAD_URL } }, 'application/merge-patch+json'],
      ['PATCH', `${path}/good?fieldManager=test&force=true`, entry('good', BAD_SPEC), apply],
      ['PATCH', `${path}/good?dryRun=All`, { spec: { remoteUrl: BAD_URL } }, 'application/merge-patch+json'],
    ];
    for (const write of writes) {
      const answer = await api.call(...write);
      expect([write[0], write[1], answer.status, answer.body]).toEqual([
        ...[write[0], write[1], 422],
        expect.stringContaining('validate.vmcp-admission.dev'),
      ]);
    }
    const denied = { code: 1, stderr: expect.stringContaining('spec.remoteUrl: Invalid value') };
    for (const args of [['replace'], ['apply'], ['apply', '--server-side', '--force-conflicts']])
      expect(await kubectl.run([...args, '-f', '-'], [entry('good', BAD_SPEC)])).toMatchObject(denied);
    expect(await kubectl.run(['label', 'mcpentry', 'good', '-n', namespace, 'a=b'])).toMatchObject({
      code: 0,
    });
    // The CRDs have no scale.
    expect((await kubectl.run(['scale', 'mcpentry', 'good', '-n', namespace, '--replicas=2'])).code).toBe(1);
    const stored = await kubectl.ok(['get', 'mcpentry', '-n', namespace, '-o', 'yaml']);
    expect(stored).not.toContain('169.254');
  });
});
