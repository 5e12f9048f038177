import { describe, expect, it } from 'vitest';
import type { Published } from '../../scripts/release/publish.ts';
import { reference } from '../../scripts/release/publish.ts';
import type { Node } from './machine/node.ts';
import { IMAGES } from './prepare/images.ts';
import { underLoad } from './support/load.ts';
import { signAndVerify } from './support/registry.ts';
import { fromRegistry, objectsOfRelease, release, versionBefore } from './support/release.ts';
import {
  applyCerts,
  BESIDE,
  caOf,
  DENIED,
  MAIN,
  nodesOf,
  type Place,
  replicas,
  rolledOut,
  tryMe,
} from './support/webhook.ts';

const BY_HAND = { certificates: { mode: 'existingSecret' } };
const ITSELF = { certificates: { mode: 'selfManaged' } };
const POLICY = 'configmap/vmcp-admission-policy';
const OPEN = { validate: { failurePolicy: 'Ignore' }, inject: { failurePolicy: 'Ignore' } };
const BOTH = ['node1', 'node2'];

/** The images that the replicas run, each once. */
async function imagesOf(node: Node, place = MAIN): Promise<readonly string[]> {
  return [
    ...new Set(
      (await replicas(node, place)).flatMap(({ spec }) => spec.containers.map(({ image }) => image)),
    ),
  ];
}

/** Uninstalls while entries are written: the Job of the hook deletes the configurations before anything else goes. */
async function uninstallUnderLoad(node: Node, major: 3 | 4, place: Place): Promise<void> {
  const uninstall = () => release(node, major, place).uninstall();
  const result = await underLoad(await node.apiServer(), uninstall, 'good', place);
  expect([...result.reasons]).toEqual([]);
  expect(await objectsOfRelease(node, place)).toEqual([]);
  const events = ['get', 'events', '-n', place.namespace, '-o', 'jsonpath={.items[*].reason}'];
  const ofJob = `--field-selector=involvedObject.name=${place.name}-uninstall`;
  expect(await node.kubectl.ok([...events, ofJob])).toContain('Completed');
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
        const namespaces = { exclude: [BESIDE.reviewed] };
        await release(node, 4).upgrade(fromRegistry(published), { ...ITSELF, namespaces });
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

/** The end of the release. */
export function uninstalledByHelm(get: () => Node): void {
  it('an uninstallation with Helm deletes the configurations first, in a Job, and leaves nothing', async () => {
    await uninstallUnderLoad(get(), 4, MAIN);
  });
}

/** A release of Helm 3 beside the other one. */
export function byHelm3(get: () => Promise<Site>): void {
  describe('an installation with Helm 3', () => {
    const values = (more: object) => ({ namespaces: { include: [BESIDE.reviewed] }, ...more });

    it('comes from the registry beside another one, rolls out and denies', async () => {
      const { node, published } = await get();
      await release(node, 3, BESIDE).install(fromRegistry(published), values(ITSELF));
      await rolledOut(node, BESIDE);
      expect(await imagesOf(node, BESIDE)).toEqual([reference(published.image)]);
      expect(await tryMe(node, BESIDE)).toContain(DENIED);
    });

    it('changes back to certificates by hand, and loses no call', async () => {
      const { node, published } = await get();
      const change = async () => {
        const trustAlso = await caOf(node, `${BESIDE.name}-certs`, BESIDE);
        await applyCerts(node, { trustAlso, place: BESIDE });
        await release(node, 3, BESIDE).upgrade(fromRegistry(published), values(BY_HAND));
        await rolledOut(node, BESIDE);
      };
      const result = await underLoad(await node.apiServer(), change, 'mixed', BESIDE);
      expect([...result.reasons]).toEqual([]);
    });

    it('is uninstalled the same way', async () => {
      await uninstallUnderLoad((await get()).node, 3, BESIDE);
    });
  });
}
