import { expect, it } from 'vitest';
import { readClusterObject } from '../../../../src/catalog/kubernetes/clusterObject.ts';

const ENTRY = {
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: 'new', namespace: 'apps' },
  spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'team' } },
};

it('gives an entry of the cluster without a status a phase that is not set', () => {
  expect(readClusterObject('MCPServerEntry', ENTRY)).toMatchObject({
    ok: true,
    value: { metadata: { name: 'new' }, status: { phase: undefined } },
  });
});

it('keeps the status of an entry that has one', () => {
  const read = readClusterObject('MCPServerEntry', { ...ENTRY, status: { phase: 'Valid' } });
  expect(read).toMatchObject({ ok: true, value: { status: { phase: 'Valid' } } });
});
