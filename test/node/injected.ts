import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECRET_PLACEHOLDER } from '../../src/injection/contract.ts';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { IMAGES } from './prepare/images.ts';
import { ROOT } from './support/paths.ts';
import { vmcpObjects } from './support/vmcpPod.ts';
import type { EnvVar, RunningPod } from './support/webhook.ts';

const APPS = 'apps';
const CONFIG = 'vmcp-admission.dev/config.yaml';
/** Stays until it is told to end, so that the container can be looked into and restarted. */
const STAND_IN = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'];

const busybox = (name: string, more: object = {}) =>
  vmcpObjects(APPS, name, { image: IMAGES.busybox, command: STAND_IN, ...more })[1];
const [BASE_CONFIG] = vmcpObjects(APPS, 'any', {});

/** What is asked of a Pod in the namespace of the examples. */
function podOf({ kubectl }: Node, name: string) {
  const exec = (...args: readonly string[]) => kubectl.ok(['exec', '-n', APPS, name, '--', ...args]);
  const get = () => kubectl.get<RunningPod>('pod', name, '-n', APPS);
  const ready = () =>
    kubectl.ok(['wait', '-n', APPS, `pod/${name}`, '--for=condition=Ready', '--timeout=120s']);
  const restarts = async () => (await get()).status.containerStatuses[0]?.restartCount ?? 0;
  return {
    exec,
    get,
    ready,
    create: async (pod: object) => {
      await kubectl.ok(['create', '-f', '-'], [pod]);
      await ready();
    },
    config: () => exec('cat', '/etc/vmcp-config/config.yaml'),
    restart: async () => {
      const before = await restarts();
      await exec('kill', '1');
      await until('the container is restarted', async () => ((await restarts()) > before ? true : undefined));
      await ready();
    },
    patch: (metadata: object) =>
      kubectl.run(['patch', 'pod', name, '-n', APPS, '--type=merge', '-p', JSON.stringify({ metadata })]),
  };
}

function env(pod: RunningPod): readonly EnvVar[] {
  return pod.spec.containers[0]?.env ?? [];
}

/** The variables that a Pod sets twice: a placeholder first, then an optional Secret. */
function twice(pod: RunningPod): readonly string[] {
  const all = env(pod);
  return all
    .filter(({ value }) => value === SECRET_PLACEHOLDER)
    .map(({ name }) => name)
    .filter((name) => all.some((one) => one.name === name && one.valueFrom?.secretKeyRef?.optional === true));
}

async function storeExamples({ kubectl }: Node): Promise<void> {
  for (const file of ['group.yaml', 'billing.yaml', 'search.yaml'])
    await kubectl.ok(['apply', '-f', join(ROOT, 'examples', 'good', file)]);
  await kubectl.ok(['apply', '-f', '-'], [BASE_CONFIG]);
  for (const name of ['billing', 'search', 'in-cluster'])
    await kubectl.ok([
      ...['patch', 'mcpserverentry', name, '-n', APPS, '--subresource=status', '--type=merge'],
      ...['-p', '{"status":{"phase":"Valid","observedGeneration":1}}'],
    ]);
}

/** Injection, as far as only a kubelet can show it. */
export function injected(get: () => Node): void {
  describe('an injected Pod on a kubelet', () => {
    it('finds its annotation as config.yaml, byte for byte', async () => {
      const node = get();
      await storeExamples(node);
      const pod = podOf(node, 'files');
      const served = JSON.stringify(['billing', 'in-cluster', 'search']);
      // The webhook hears of the three entries a moment after they are stored.
      await until('the webhook knows the entries', async () => {
        const printed = await node.kubectl.ok(
          ['create', '--dry-run=server', '-o', 'json', '-f', '-'],
          [busybox('files')],
        );
        const report = JSON.parse(printed).metadata.annotations?.['vmcp-admission.dev/report'] ?? '{}';
        return JSON.stringify(JSON.parse(report).backends) === served ? true : undefined;
      });
      await pod.create(busybox('files'));
      const annotation = (await pod.get()).metadata.annotations?.[CONFIG];
      expect(annotation).toContain('https://billing.corp.example:8443/mcp');
      expect(await pod.config()).toBe(annotation);
    });

    it('starts without its Secret with a placeholder, and has the Secret after a container restart', async () => {
      const node = get();
      const pod = podOf(node, 'files');
      const [variable] = twice(await pod.get());
      if (variable === undefined) throw new Error('no variable is set twice');
      const value = (of: typeof pod) => of.exec('sh', '-c', `printf %s "$${variable}"`);
      expect(await value(pod)).toBe(SECRET_PLACEHOLDER);
      await node.kubectl.ok([
        ...['create', 'secret', 'generic', 'billing-credentials', '-n', APPS],
        ...['--from-literal=token=tok-1', '--from-literal=signature=sig-1'],
      ]);
      await pod.restart();
      expect(await value(pod)).toBe('tok-1');
      const fresh = podOf(node, 'with-secret');
      await fresh.create(busybox('with-secret'));
      expect(await value(fresh)).toBe('tok-1');
    });

    it('has its config also where the container mounts one file of it by subPath', async () => {
      const pod = podOf(get(), 'sub-path');
      const file = '/etc/vmcp-config/config.yaml';
      const volumeMounts = [{ name: 'vmcp-config', mountPath: file, subPath: 'config.yaml', readOnly: true }];
      await pod.create(busybox('sub-path', { volumeMounts }));
      const annotation = (await pod.get()).metadata.annotations?.[CONFIG];
      expect(annotation).toContain('https://billing.corp.example:8443/mcp');
      expect(await pod.config()).toBe(annotation);
      await pod.restart();
      expect(await pod.config()).toBe(annotation);
    });

    it('keeps its config over a container restart, whatever became of the base ConfigMap', async () => {
      const node = get();
      // Another Pod: the kubelet waits ten seconds before it restarts a container for the second time.
      const pod = podOf(node, 'kept');
      await pod.create(busybox('kept'));
      const before = await pod.config();
      await node.kubectl.ok(['delete', 'configmap', 'team-vmcp-vmcp-config', '-n', APPS]);
      await pod.restart();
      expect(await pod.config()).toBe(before);
      await node.kubectl.ok(['apply', '-f', '-'], [BASE_CONFIG]);
    });

    it('restarts without the ConfigMap of a CA bundle', async () => {
      const node = get();
      const pod = podOf(node, 'with-secret');
      const bundle = '/etc/toolhive/ca-bundles/billing';
      expect(await pod.exec('cat', `${bundle}/ca.crt`)).toContain('BEGIN CERTIFICATE');
      await node.kubectl.ok(['delete', 'configmap', 'corp-ca', '-n', APPS]);
      await pod.restart();
      expect((await pod.get()).status.containerStatuses).toMatchObject([{ ready: true }]);
    });

    it('keeps its annotation, also against an edit in two steps: the label off, then the annotation', async () => {
      const pod = podOf(get(), 'files');
      const before = (await pod.get()).metadata.annotations;
      const steps = [
        { annotations: { [CONFIG]: 'x' } },
        { labels: { 'app.kubernetes.io/name': null } },
        { annotations: { [CONFIG]: 'x' } },
        { annotations: { [CONFIG]: null } },
      ];
      for (const metadata of steps) {
        const answer = await pod.patch(metadata);
        expect(answer.stderr).toMatch(/is invalid: metadata\.(annotations|labels)\[/);
      }
      expect((await pod.patch({ annotations: { 'example.com/note': '1' } })).code).toBe(0);
      expect((await pod.get()).metadata.annotations).toEqual({ ...before, 'example.com/note': '1' });
    });
  });
}
