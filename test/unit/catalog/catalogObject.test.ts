import { describe, expect, it } from 'vitest';
import { readClusterObject } from '../../../src/catalog/catalogObject.ts';

const ENTRY = {
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: 'new', namespace: 'apps' },
  spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'team' } },
};

describe('an entry of a cluster', () => {
  it('without a status has a phase that is not set', () => {
    expect(readClusterObject('MCPServerEntry', ENTRY)).toMatchObject({
      ok: true,
      value: { metadata: { name: 'new' }, status: { phase: undefined } },
    });
  });

  it('with a status keeps it', () => {
    const read = readClusterObject('MCPServerEntry', { ...ENTRY, status: { phase: 'Valid' } });
    expect(read).toMatchObject({ ok: true, value: { status: { phase: 'Valid' } } });
  });
});
