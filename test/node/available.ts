import { describe, expect, it } from 'vitest';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import {
  DENIED,
  NAMESPACE,
  nodesOf,
  type RunningPod,
  replicas,
  rolledOut,
  tryMe,
} from './support/webhook.ts';

/** What the docs promise for a replica that leaves, and for a cluster that starts from nothing. */
export function available(get: () => Node): void {
  describe('the webhook stays available', () => {
    it('loses no call in a rolling update, and stays on two nodes, which have no zone', async () => {
      const node = get();
      const result = await underLoad(await node.apiServer(), async () => {
        await node.kubectl.ok(['-n', NAMESPACE, 'rollout', 'restart', 'deployment/vmcp-admission']);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
      expect(result.calls).toBeGreaterThan(50);
      expect(await nodesOf(node)).toEqual(['node1', 'node2']);
    });

    it('loses no call when a replica is deleted', async () => {
      const node = get();
      const [leaving] = await replicas(node);
      const result = await underLoad(await node.apiServer(), async () => {
        // kubectl waits until the Pod is gone, drain included.
        await node.kubectl.ok(['-n', NAMESPACE, 'delete', 'pod', leaving?.metadata.name ?? '']);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
    });

    it('goes on when the process of a replica is killed: at most calls to that one fail, until it is back', async () => {
      const node = get();
      const [killed] = await replicas(node);
      const name = killed?.metadata.name ?? '';
      const [container] = killed?.status.containerStatuses ?? [];
      const result = await underLoad(await node.apiServer(), async () => {
        const id = container?.containerID.replace('containerd://', '') ?? '';
        await node.killContainer(killed?.spec.nodeName ?? '', id);
        await until('the replica is back', async () => {
          const { status } = await node.kubectl.get<RunningPod>('pod', name, '-n', NAMESPACE);
          const [now] = status.containerStatuses;
          return now?.ready && now.restartCount > (container?.restartCount ?? 0) ? true : undefined;
        });
      });
      for (const reason of result.reasons.keys())
        expect(reason).toMatch(/failed calling webhook .*(connection refused|connection reset|EOF)/);
      expect(result.failed).toBeLessThan(result.calls / 2);
      expect((await underLoad(await node.apiServer(), () => rolledOut(node))).failed).toBe(0);
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
      await until('both replicas were restarted and are ready', async () => {
        const containers = (await replicas(node)).map(({ status }) => status.containerStatuses[0]);
        const back = containers.filter((container) => container?.ready && container.restartCount > 0);
        return back.length === 2 ? true : undefined;
      });
    });

    it('loses no call when a node is drained', async () => {
      const node = get();
      const selector = `--pod-selector=app.kubernetes.io/name=${NAMESPACE}`;
      const result = await underLoad(await node.apiServer(), async () => {
        await node.kubectl.ok(['drain', 'node1', selector, '--timeout=180s']);
        await rolledOut(node);
      });
      expect([...result.reasons]).toEqual([]);
      expect(await nodesOf(node)).toEqual(['node2', 'node2']);
    });
  });
}
