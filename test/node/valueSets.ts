import { afterEach, describe, expect, it } from 'vitest';
import type { Node } from './machine/node.ts';
import { FROM_CHECKOUT, release } from './support/release.ts';
import { CONFIGURATIONS, DENIED, NAMESPACE, replicas, rolledOut, TRY_ME, tryMe } from './support/webhook.ts';

const ITSELF = { certificates: { mode: 'selfManaged' }, replicas: 1 };

/** An entry with another URL, or in another namespace. */
function entry(namespace: string, remoteUrl: string): object {
  return { ...TRY_ME, metadata: { ...TRY_ME.metadata, namespace }, spec: { ...TRY_ME.spec, remoteUrl } };
}

/** Installations whose values change where and how the webhook runs. Each is uninstalled without the Job. */
export function valueSets(get: () => Node): void {
  describe('an installation with other values', () => {
    const create = async (object: object) =>
      get().kubectl.run(['create', '--dry-run=server', '-f', '-'], [object]);
    afterEach(async () => {
      await get().kubectl.ok(['delete', CONFIGURATIONS, NAMESPACE]);
      await release(get(), 4).uninstall('--no-hooks');
    });

    it('runs one replica on the network of its node', async () => {
      const node = get();
      const values = { ...ITSELF, hostNetwork: true, port: 8443, healthPort: 8444 };
      await release(node, 4).install(FROM_CHECKOUT, values, 'privileged');
      await rolledOut(node);
      const [replica] = await replicas(node);
      expect(['172.30.0.2', '172.30.1.2']).toContain(replica?.status.podIP);
      expect(await tryMe(node)).toContain(DENIED);
    });

    it('reviews the named namespaces alone, by a policy, with the right to read Secrets, and fails open', async () => {
      const node = get();
      await node.kubectl.ok(['create', 'namespace', 'elsewhere']);
      const open = { failurePolicy: 'Ignore' };
      await release(node, 4).install(FROM_CHECKOUT, {
        ...ITSELF,
        ...{ namespaces: { include: ['default'] }, readSecrets: true, validate: open, inject: open },
        policy: { rules: { 'remote-url-private': 'warn' } },
        service: { ipFamilyPolicy: 'SingleStack' },
      });
      await rolledOut(node);
      expect(await tryMe(node)).toContain(DENIED);
      const warned = await create(entry('default', 'https://10.1.2.3/mcp'));
      expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('Warning: ') });
      expect(await create(entry('elsewhere', 'http://localhost/mcp'))).toMatchObject({ code: 0, stderr: '' });
    });
  });
}
