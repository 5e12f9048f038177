import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import { objectsOfRelease, release } from './support/release.ts';
import { applyCerts, DENIED, NAMESPACE, replicas, rolledOut, tryMe } from './support/webhook.ts';

const BY_HAND = { certificates: { mode: 'existingSecret' } };
const ITSELF = { certificates: { mode: 'selfManaged' } };
const POLICY = 'configmap/vmcp-admission-policy';
const OPEN = { validate: { failurePolicy: 'Ignore' }, inject: { failurePolicy: 'Ignore' } };

/** Uninstalls while entries are written: the Job of the hook deletes the configurations before anything else goes. */
async function uninstallUnderLoad(node: Node, major: 3 | 4): Promise<void> {
  const result = await underLoad(await node.apiServer(), () => release(node, major).uninstall(), 'good');
  expect([...result.reasons]).toEqual([]);
  expect(await objectsOfRelease(node)).toEqual([]);
  const events = ['get', 'events', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].reason}', '--field-selector'];
  const reasons = await node.kubectl.ok([...events, 'involvedObject.name=vmcp-admission-uninstall']);
  expect(reasons).toContain('Completed');
}

/** A release of Helm 4, which stays installed for the tests after it. */
export function byHelm(get: () => Node): void {
  describe('an installation with Helm', () => {
    it('with certificates by hand rolls out, and denies', async () => {
      const node = get();
      const four = release(node, 4);
      await four.install({ ...BY_HAND, ...OPEN });
      await applyCerts(node);
      await rolledOut(node);
      await four.upgrade(BY_HAND);
      expect(await tryMe(node)).toContain(DENIED);
    });

    it('changes to certificates that renew themselves, and loses no call', async () => {
      const node = get();
      const before = (await replicas(node)).map(({ metadata }) => metadata.name);
      const result = await underLoad(await node.apiServer(), async () => {
        await release(node, 4).upgrade(ITSELF);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
      for (const { metadata } of await replicas(node)) expect(before).not.toContain(metadata.name);
    });

    it('is upgraded and rolled back, and loses no call', async () => {
      const node = get();
      const policy = { exemptNamespaces: ['sandbox'] };
      const result = await underLoad(await node.apiServer(), async () => {
        await release(node, 4).upgrade({ ...ITSELF, policy });
        await rolledOut(node);
        expect(await objectsOfRelease(node)).toContain(POLICY);
        await release(node, 4).rollback();
        await rolledOut(node);
        expect(await objectsOfRelease(node)).not.toContain(POLICY);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('passes `helm test`', async () => {
      expect(await release(get(), 4).test()).toMatch(/Phase:\s+Succeeded/);
    });
  });
}

/** The end of the release, and one of Helm 3 after it. */
export function byHelmAgain(get: () => Node): void {
  describe('an uninstallation with Helm', () => {
    it('deletes the configurations first, in a Job, and leaves nothing', async () => {
      await uninstallUnderLoad(get(), 4);
    });

    it('lets Helm 3 install it anew, from nothing', async () => {
      const node = get();
      await release(node, 3).install(ITSELF);
      await rolledOut(node);
      expect(await tryMe(node)).toContain(DENIED);
    });

    it('changes back to certificates by hand, and loses no call', async () => {
      const node = get();
      const result = await underLoad(await node.apiServer(), async () => {
        const secret = ['get', 'secret', 'vmcp-admission-certs', '-n', NAMESPACE];
        const before = await node.kubectl.ok([...secret, '-o', 'jsonpath={.data.ca\\.crt}']);
        await writeFile(node.file('ca-before.crt'), Buffer.from(before, 'base64'));
        await applyCerts(node, node.file('ca-before.crt'));
        await release(node, 3).upgrade(BY_HAND);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('uninstalls with Helm 3 the same way', async () => {
      await uninstallUnderLoad(get(), 3);
    });
  });
}
