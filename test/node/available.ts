import { describe, expect, it } from 'vitest';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import { DENIED, NAMESPACE, replicas, rolledOut, tryMe } from './support/webhook.ts';

/** What the docs promise for a replica that leaves, and for a cluster that starts from nothing. */
export function available(get: () => Node): void {
  describe('the webhook stays available', () => {
    it('loses no call in a rolling update', async () => {
      const node = get();
      const result = await underLoad(await node.apiServer(), async () => {
        await node.kubectl.ok(['-n', NAMESPACE, 'rollout', 'restart', 'deployment/vmcp-admission']);
        await rolledOut(node);
      });
      expect(result).toEqual({ calls: expect.any(Number), failures: {} });
      expect(result.calls).toBeGreaterThan(50);
    });

    it('loses no call when a replica is deleted', async () => {
      const node = get();
      const [leaving] = await replicas(node);
      const result = await underLoad(await node.apiServer(), async () => {
        // kubectl waits until the Pod is gone, drain included.
        await node.kubectl.ok(['-n', NAMESPACE, 'delete', 'pod', leaving?.metadata.name ?? '']);
        await rolledOut(node);
      });
      expect(result).toEqual({ calls: expect.any(Number), failures: {} });
    });

    it('comes back by itself after a power cut, with failurePolicy Fail', async () => {
      const node = get();
      await node.powerOff();
      await node.powerOn();
      await until(
        'the webhook denies again',
        async () => {
          const answer = await tryMe(node);
          return answer.includes(DENIED) ? true : undefined;
        },
        { withinMs: 180_000 },
      );
      await rolledOut(node);
      const restarts = (await replicas(node)).map(
        ({ status }) => status.containerStatuses[0]?.restartCount ?? 0,
      );
      expect(Math.min(...restarts)).toBeGreaterThan(0);
    });
  });
}
