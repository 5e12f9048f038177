import { describe, expect, it } from 'vitest';
import type { Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import {
  applyCerts,
  applyFolder,
  DENIED,
  deleteFolder,
  NAMESPACE,
  replicas,
  rolledOut,
  tryMe,
} from './support/webhook.ts';

const BY_HAND = ['without-cert-manager'];
const ITSELF = ['self-managed-certs'];

/** An installation with kustomize of docs/install.md, and its end. */
export function byKustomize(get: () => Node): void {
  describe('an installation with kustomize', () => {
    it('with certificates by hand rolls out, and the Service answers when `rollout status` returns', async () => {
      const node = get();
      await applyFolder(node, [...BY_HAND, 'fail-open']);
      await applyCerts(node);
      await rolledOut(node);
      await applyFolder(node, BY_HAND);
      expect(await tryMe(node)).toContain(DENIED);
      expect(await replicas(node)).toMatchObject([
        { status: { containerStatuses: [{ ready: true, restartCount: 0 }] } },
        { status: { containerStatuses: [{ ready: true, restartCount: 0 }] } },
      ]);
    });

    it('changes to certificates that renew themselves, and loses no call', async () => {
      const node = get();
      const result = await underLoad(await node.apiServer(), async () => {
        await applyFolder(node, ITSELF);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('is uninstalled in the order of the docs, and refuses nothing meanwhile', async () => {
      const node = get();
      const result = await underLoad(await node.apiServer(), () => deleteFolder(node, ITSELF), 'good');
      expect([...result.reasons]).toEqual([]);
      expect(await node.kubectl.ok(['get', 'namespace', NAMESPACE, '--ignore-not-found'])).toBe('');
    });
  });
}

/** The other one, in a namespace in which nothing is installed any more. */
export function byKustomizeAgain(get: () => Node): void {
  it('an installation with kustomize lets certificates renew themselves from nothing', async () => {
    const node = get();
    await applyFolder(node, ITSELF);
    await rolledOut(node);
    expect(await tryMe(node)).toContain(DENIED);
  });
}
