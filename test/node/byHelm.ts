import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Published } from '../../scripts/release/publish.ts';
import { reference } from '../../scripts/release/publish.ts';
import type { Node } from './machine/node.ts';
import { IMAGES } from './prepare/images.ts';
import { underLoad } from './support/load.ts';
import { signAndVerify } from './support/registry.ts';
import { fromRegistry, objectsOfRelease, release, versionBefore } from './support/release.ts';
import { applyCerts, DENIED, NAMESPACE, nodesOf, replicas, rolledOut, tryMe } from './support/webhook.ts';

const BY_HAND = { certificates: { mode: 'existingSecret' } };
const ITSELF = { certificates: { mode: 'selfManaged' } };
const POLICY = 'configmap/vmcp-admission-policy';
const OPEN = { validate: { failurePolicy: 'Ignore' }, inject: { failurePolicy: 'Ignore' } };
const BOTH = ['node1', 'node2'];

/** The images that the replicas run, each once. */
async function imagesOf(node: Node): Promise<readonly string[]> {
  return [
    ...new Set((await replicas(node)).flatMap(({ spec }) => spec.containers.map(({ image }) => image))),
  ];
}

/** Uninstalls while entries are written: the Job of the hook deletes the configurations before anything else goes. */
async function uninstallUnderLoad(node: Node, major: 3 | 4): Promise<void> {
  const result = await underLoad(await node.apiServer(), () => release(node, major).uninstall(), 'good');
  expect([...result.reasons]).toEqual([]);
  expect(await objectsOfRelease(node)).toEqual([]);
  const events = ['get', 'events', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].reason}', '--field-selector'];
  const reasons = await node.kubectl.ok([...events, 'involvedObject.name=vmcp-admission-uninstall']);
  expect(reasons).toContain('Completed');
}

/** The nodes, and what was pushed to the registry beside them. */
export interface Site {
  readonly node: Node;
  readonly published: Published;
}

/** A release of Helm 4, which stays installed for the tests after it. */
export function byHelm(get: () => Promise<Site>): void {
  describe('an installation with Helm', () => {
    it('of the version before, with certificates by hand, rolls out and denies', async () => {
      const { node } = await get();
      const [four, before] = [release(node, 4), await versionBefore(node)];
      await four.install(before, { ...BY_HAND, ...OPEN });
      await applyCerts(node);
      await rolledOut(node);
      await four.upgrade(before, BY_HAND);
      expect(await tryMe(node)).toContain(DENIED);
    });

    it('finds image and chart in a registry, signed', async (context) => {
      const { node, published } = await get();
      const { cosign } = node.machine;
      if (cosign === undefined) return context.skip('npm run test:release builds cosign');
      const [image, chart] = await signAndVerify(node, cosign, published);
      expect(image).toContain(published.image.digest);
      expect(chart).toContain(published.chart.digest);
    });

    it('is upgraded to the image of the registry, by its digest, and rolled back, and loses no call', async () => {
      const { node, published } = await get();
      const old = node.machine.before === undefined ? IMAGES.webhook : IMAGES.before;
      const policy = { exemptNamespaces: ['sandbox'] };
      const result = await underLoad(await node.apiServer(), async () => {
        await release(node, 4).upgrade(fromRegistry(published), { ...BY_HAND, policy });
        await rolledOut(node);
        expect(await imagesOf(node)).toEqual([reference(published.image)]);
        expect(await nodesOf(node)).toEqual(BOTH);
        expect(await objectsOfRelease(node)).toContain(POLICY);
        await release(node, 4).rollback();
        await rolledOut(node);
        expect(await imagesOf(node)).toEqual([old]);
        expect(await objectsOfRelease(node)).not.toContain(POLICY);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('changes to certificates that renew themselves, and loses no call', async () => {
      const { node, published } = await get();
      const before = (await replicas(node)).map(({ metadata }) => metadata.name);
      const result = await underLoad(await node.apiServer(), async () => {
        await release(node, 4).upgrade(fromRegistry(published), ITSELF);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
      for (const { metadata } of await replicas(node)) expect(before).not.toContain(metadata.name);
      expect(await nodesOf(node)).toEqual(BOTH);
    });

    it('passes `helm test`', async () => {
      expect(await release((await get()).node, 4).test()).toMatch(/Phase:\s+Succeeded/);
    });
  });
}

/** The end of the release, and one of Helm 3 after it. */
export function byHelmAgain(get: () => Promise<Site>): void {
  describe('an uninstallation with Helm', () => {
    it('deletes the configurations first, in a Job, and leaves nothing', async () => {
      await uninstallUnderLoad((await get()).node, 4);
    });

    it('lets Helm 3 install it anew from the registry, from nothing', async () => {
      const { node, published } = await get();
      await release(node, 3).install(fromRegistry(published), ITSELF);
      await rolledOut(node);
      expect(await imagesOf(node)).toEqual([reference(published.image)]);
      expect(await tryMe(node)).toContain(DENIED);
    });

    it('changes back to certificates by hand, and loses no call', async () => {
      const { node, published } = await get();
      const result = await underLoad(await node.apiServer(), async () => {
        const secret = ['get', 'secret', 'vmcp-admission-certs', '-n', NAMESPACE];
        const before = await node.kubectl.ok([...secret, '-o', 'jsonpath={.data.ca\\.crt}']);
        await writeFile(node.file('ca-before.crt'), Buffer.from(before, 'base64'));
        await applyCerts(node, node.file('ca-before.crt'));
        await release(node, 3).upgrade(fromRegistry(published), BY_HAND);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('uninstalls with Helm 3 the same way', async () => {
      await uninstallUnderLoad((await get()).node, 3);
    });
  });
}
