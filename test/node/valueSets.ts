import { afterEach, describe, expect, it } from 'vitest';
import type { Node } from './machine/node.ts';
import { FROM_CHECKOUT, release } from './support/release.ts';
import { BESIDE, CONFIGURATIONS, DENIED, replicas, rolledOut, tryEntry, tryMe } from './support/webhook.ts';

const VALUES = {
  certificates: { mode: 'selfManaged' },
  replicas: 1,
  namespaces: { include: [BESIDE.reviewed] },
};

/** Installations whose values change where and how the webhook runs. Each is uninstalled without the Job. */
export function valueSets(get: () => Node): void {
  describe('an installation with other values', () => {
    afterEach(async () => {
      await get().kubectl.ok(['delete', CONFIGURATIONS, BESIDE.name]);
      await release(get(), 4, BESIDE).uninstall('--no-hooks');
    });

    it('runs one replica on the network of its node', async () => {
      const node = get();
      const values = { ...VALUES, hostNetwork: true, port: 8443, healthPort: 8444 };
      await release(node, 4, BESIDE).install(FROM_CHECKOUT, values, 'privileged');
      await rolledOut(node, BESIDE);
      const addresses = (await replicas(node, BESIDE)).map(({ status }) => status.podIP);
      expect(addresses).toEqual([expect.stringMatching(/^172\.30\./)]);
      expect(await tryMe(node, BESIDE)).toContain(DENIED);
    });

    it('has a policy, reads Secrets, takes one family of addresses, and fails open', async () => {
      const node = get();
      const open = { failurePolicy: 'Ignore' };
      await release(node, 4, BESIDE).install(FROM_CHECKOUT, {
        ...VALUES,
        ...{ readSecrets: true, validate: open, inject: open, service: { ipFamilyPolicy: 'SingleStack' } },
        policy: { rules: { 'remote-url-private': 'warn' } },
      });
      await rolledOut(node, BESIDE);
      expect(await tryMe(node, BESIDE)).toContain(DENIED);
      const warned = await tryEntry(node, BESIDE.reviewed, 'https://10.1.2.3/mcp');
      expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('Warning: ') });
    });
  });
}
