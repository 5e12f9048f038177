import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LIMITS, TIMING } from '../../src/server/limits.ts';
import { readSettings } from '../../src/settings.ts';
import { OTHER_PLURALS, PLURALS, TOOLHIVE_VERSIONS } from '../../src/toolhive/kinds.ts';
import { replicaSettings } from '../support/replica.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BASE = join(ROOT, 'deploy', 'base');

async function manifest(file: string) {
  return parse(await readFile(join(BASE, file), 'utf8'));
}

/** `--cert-dir=/tls` as the flags that commander would hand over: `{certDir: '/tls'}`. */
function flagsOf(args: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    args.map((arg) => {
      const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/.exec(arg) ?? [];
      return [name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
    }),
  );
}

describe('the Deployment', async () => {
  const deployment = await manifest('workload/deployment.yaml');
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;

  it('starts serve with settings that it takes', () => {
    const [command, ...flags] = container.args;
    expect(command).toBe('serve');
    expect(readSettings(flagsOf(flags), {})).toMatchObject({
      ok: true,
      settings: { catalog: 'kubernetes', certDir: container.volumeMounts[0].mountPath },
    });
  });

  it('names the ports that serve listens on', () => {
    const read = readSettings(flagsOf(container.args.slice(1)), {});
    if (!read.ok) throw new Error(read.problems.join());
    const { port, healthPort } = read.settings;
    expect(container.ports).toMatchObject([
      { name: 'webhook', containerPort: port },
      { name: 'health', containerPort: healthPort },
    ]);
  });

  it('gives the drain and the open reviews time to end before the kubelet kills', () => {
    const graceMs = spec.terminationGracePeriodSeconds * 1_000;
    expect(graceMs).toBeGreaterThanOrEqual(TIMING.drain + TIMING.closeDeadline + 10_000);
  });

  it('is seen as not ready before the drain is over', () => {
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(periodSeconds * failureThreshold * 1_000).toBeLessThan(TIMING.drain);
  });

  it('leaves at least a quarter of the memory limit to what is not heap', () => {
    const { nodeOptions, memoryLimit } = replicaSettings();
    const heapMiB = Number(/--max-old-space-size=(\d+)/.exec(nodeOptions.join(' '))?.[1]);
    expect(heapMiB).toBeLessThanOrEqual(memoryLimit * 0.75);
  });
});

describe('the webhook configurations', () => {
  it.each(['registration/validatingWebhooks.yaml', 'registration/mutatingWebhooks.yaml'])(
    '%s wait no longer than serve works on a review',
    async (file) => {
      for (const webhook of (await manifest(file)).webhooks)
        expect(webhook.timeoutSeconds * 1_000).toBeLessThanOrEqual(TIMING.maxReviewTimeout);
    },
  );
});

describe('the validating webhooks', () => {
  it('are asked about every kind in every version of ToolHive, but about groups, of which nothing is judged', async () => {
    const [validate] = (await manifest('registration/validatingWebhooks.yaml')).webhooks;
    const asked = validate.rules.flatMap(({ resources }: { resources: string[] }) => resources);
    const judged = [...Object.values(PLURALS), ...Object.values(OTHER_PLURALS)].filter(
      (plural) => plural !== PLURALS.MCPGroup,
    );
    expect(asked.toSorted()).toEqual([...judged, 'mcpserverentries/status'].toSorted());
    for (const rule of validate.rules)
      expect(rule).toMatchObject({ apiVersions: TOOLHIVE_VERSIONS, operations: ['CREATE', 'UPDATE'] });
  });
});

describe('the ClusterRole', () => {
  it('has every kind that the catalog holds', async () => {
    const role = await manifest('workload/clusterRole.yaml');
    expect(role.rules[0].resources).toEqual(Object.values(PLURALS));
  });
});

describe('docs/reliability.md', () => {
  it('has the figures of the limits that the server has', async () => {
    const page = await readFile(join(ROOT, 'docs', 'reliability.md'), 'utf8');
    const paragraph = /^What bounds the memory:.*?\n\n/ms.exec(page)?.[0].replace(/\s+/g, ' ') ?? '';
    const mib = (bytes: number) => `${bytes / 1_024 ** 2} MiB`;
    const count = (value: number) => value.toLocaleString('en-GB');
    const { allBodies, freeBody, body, logBacklog } = LIMITS;
    for (const figure of [
      ...[allBodies, body, logBacklog].map(mib),
      ...[LIMITS.values, LIMITS.reviews, LIMITS.connections].map(count),
      `${freeBody / 1_024} KiB`,
      `${LIMITS.bytesPerValue} bytes`,
    ])
      expect(paragraph).toContain(figure);
  });
});
