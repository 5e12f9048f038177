import { expect, it, onTestFinished } from 'vitest';
import { type Cluster, describeOnCluster } from './harness/cluster.ts';
import { registerUnanswered } from './harness/unanswered.ts';

/** An entry that a finalizer holds, in a namespace of its own. */
async function heldEntry({ kubectl, newNamespace }: Pick<Cluster, 'kubectl' | 'newNamespace'>) {
  const namespace = await newNamespace();
  const entry = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'held', namespace, finalizers: ['example.com/wait'] },
    spec: { remoteUrl: 'https://mcp.example.com/mcp', transport: 'sse', groupRef: { name: 'team' } },
  };
  await kubectl.ok(['apply', '-f', '-'], [entry]);
  const held = ['mcpentry', 'held', '-n', namespace];
  return {
    namespace,
    patch: (change: object) => kubectl.run(['patch', ...held, '--type=merge', '-p', JSON.stringify(change)]),
    deleted: () => kubectl.run(['delete', ...held, '--wait=false']),
    get: () => kubectl.run(['get', ...held]),
  };
}

const FREE = { metadata: { finalizers: null } };

describeOnCluster('an entry that is being deleted', (cluster) => {
  it('comes to its end while no replica answers, and nothing else passes', async () => {
    const { namespace, patch, deleted, get } = await heldEntry(cluster);
    onTestFinished(await registerUnanswered(cluster, namespace));
    const fails = { code: 1, stderr: expect.stringContaining('failed calling webhook') };
    expect(await deleted()).toMatchObject({ code: 0 });
    // Nothing that the webhook of the other tests would deny: both are asked at once, and either may answer first.
    const otherSpec = { spec: { remoteUrl: 'https://other.example.com/mcp' } };
    expect(await patch({ ...otherSpec, ...FREE })).toMatchObject(fails);
    expect(await patch(FREE)).toMatchObject({ code: 0 });
    expect((await get()).stderr).toContain('NotFound');
  });

  it('cannot become another one while somebody holds it', async () => {
    const { patch, deleted, get } = await heldEntry(cluster);
    expect(await deleted()).toMatchObject({ code: 0 });
    expect(await patch({ spec: { remoteUrl: 'http://169.254.169.254/' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('spec.remoteUrl: Invalid value'),
    });
    expect(await patch(FREE)).toMatchObject({ code: 0 });
    expect((await get()).stderr).toContain('NotFound');
  });
});
