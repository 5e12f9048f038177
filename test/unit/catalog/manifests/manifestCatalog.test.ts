import { describe, expect, it } from 'vitest';
import { manifestCatalog } from '../../../../src/catalog/manifests/manifestCatalog.ts';
import { parseManifests } from '../../../../src/catalog/manifests/parseManifests.ts';

const TEXT = `
apiVersion: toolhive.stacklok.dev/v1alpha1
kind: MCPServerEntry
metadata:
  name: billing
  annotations:
    owner: platform
    kubectl.kubernetes.io/last-applied-configuration: "{}"
    app.kubernetes.io/part-of: shop
spec: {remoteURL: https://billing.example/mcp, transport: sse, groupRef: team}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: broken}
spec: {remoteUrl: 5}
---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata: {name: team, namespace: apps}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: corp-ca}
data: {ca.crt: first}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: corp-ca}
data: {ca.crt: second}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: odd}
data: {ca.crt: 5}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {empty: "", token: c2VjcmV0, newline: c2VjcmV0Cg==}
stringData: {plain: "tab\\tis fine"}
`;

const { documents } = parseManifests('f', TEXT);
const signal = new AbortController().signal;

describe('a catalog of manifests', () => {
  const catalog = manifestCatalog(documents);

  it('has objects without a namespace in default, in either spelling', () => {
    const entry = catalog.namespace('default').entry('billing');
    expect(entry).toMatchObject({
      remoteUrl: 'https://billing.example/mcp',
      group: 'team',
      status: undefined,
    });
    expect(catalog.namespace('default').members('team')).toEqual([entry]);
    expect(catalog.namespace('apps').group('team')).toBeDefined();
    expect(catalog.namespace('default').group('team')).toBeUndefined();
    expect(catalog.ageMs('apps')).toBe(0);
  });

  it('drops the annotations that discovery never copies, and no others', () => {
    const annotations = catalog.namespace('default').entry('billing')?.metadata.annotations ?? {};
    expect({ ...annotations }).toEqual({ owner: 'platform', 'app.kubernetes.io/part-of': 'shop' });
  });

  it('leaves malformed objects out', () => {
    expect(catalog.namespace('default').entry('broken')).toBeUndefined();
  });

  it('takes names that have no form as a text', () => {
    const names = '{name: {toString: 1, valueOf: 1}, namespace: {toString: 1, valueOf: 1}}';
    const texts = ['ConfigMap', 'Secret', 'Namespace', 'Pod'].map(
      (kind) => `apiVersion: v1\nkind: ${kind}\nmetadata: ${names}`,
    );
    const parsed = parseManifests('f', texts.join('\n---\n'));
    expect(parsed.documents).toHaveLength(4);
    expect(manifestCatalog(parsed.documents).ageMs('default')).toBe(0);
  });

  it('takes the later of two ConfigMaps, and says which cannot be read', async () => {
    expect(await catalog.configMap('default', 'corp-ca', signal)).toMatchObject({
      state: 'found',
      value: { data: { 'ca.crt': 'second' } },
    });
    expect(await catalog.configMap('default', 'odd', signal)).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('data'),
    });
    expect(await catalog.configMap('default', 'none', signal)).toEqual({ state: 'missing' });
  });

  it('says nothing of Secrets unless asked to, and then only facts', async () => {
    expect(catalog.secret).toBeUndefined();
    const lookup = await manifestCatalog(documents, { secrets: true }).secret?.('default', 'keys', signal);
    expect(lookup).toEqual({
      state: 'found',
      value: {
        keys: {
          empty: { empty: true, headerSafe: true },
          token: { empty: false, headerSafe: true },
          newline: { empty: false, headerSafe: false },
          plain: { empty: false, headerSafe: true },
        },
      },
    });
    expect(JSON.stringify(lookup)).not.toContain('secret"');
  });
});
