import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Catalog, ReadyGate } from '../../../../src/catalog/catalog.ts';
import { readClusterObject } from '../../../../src/catalog/catalogObject.ts';
import { ToolhiveStore } from '../../../../src/catalog/store.ts';
import { StoredFindings } from '../../../../src/cli/serve/storedFindings.ts';
import { defaultPolicy } from '../../../../src/rules/policy/policy.ts';
import { policyOf } from '../../rules/policy/support.ts';
import { entry } from '../../rules/support.ts';
import { metricValue, recordedLog, testMetrics } from '../../server/support.ts';

const SERIES = 'vmcp_admission_stored_findings{rule="remote-url-blocked-host",level="deny"}';
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('the findings of what is stored wait for the catalog, are logged every hour, and are reported anew after ten seconds', async () => {
  const { log, lines } = recordedLog('info');
  const metrics = testMetrics();
  const stored = new StoredFindings({ log, metrics });
  const store = new ToolhiveStore(stored.scan.changed);
  const readiness = new ReadyGate();
  const catalog = { readiness, namespace: (name: string) => store.namespace(name) } as unknown as Catalog;
  const put = (name: string) => {
    const read = readClusterObject('MCPServerEntry', entry({ remoteUrl: 'http://localhost/' }, { name }));
    if (read.ok) store.put(read.value);
  };
  const told = () => lines.filter(({ msg }) => msg === 'findings of stored objects');

  for (let index = 0; index < 12; index++) put(`bad-${String(index).padStart(2, '0')}`);
  const starting = stored.start(catalog, defaultPolicy());
  await vi.advanceTimersByTimeAsync(60_000);
  expect([told().length, await metricValue(metrics, SERIES)]).toEqual([0, 0]);

  readiness.open();
  await starting;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await metricValue(metrics, SERIES)).toBe(12);
  expect(told()).toHaveLength(1);
  const [line] = told() as unknown as [{ findings: number; rules: unknown[]; worst: { rules: string[] }[] }];
  expect(line).toMatchObject({ findings: 24, worst: { length: 10 } });
  expect(line.worst[0]).toEqual({
    kind: 'MCPServerEntry',
    namespace: 'default',
    name: 'bad-00',
    rules: ['remote-url-blocked-host', 'group-not-found'],
  });

  const objects = async () => (JSON.parse(await stored.report()) as { objects: unknown[] }).objects.length;
  expect(await objects()).toBe(12);
  put('bad-12');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await objects()).toBe(12);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await objects()).toBe(13);

  await vi.advanceTimersByTimeAsync(HOUR);
  expect(told()).toHaveLength(2);
  stored.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('what an exception allowed counts as denied after its last day, though nothing was written', async () => {
  vi.setSystemTime('2026-06-01T12:00:00Z');
  const metrics = testMetrics();
  const stored = new StoredFindings({ log: recordedLog('info').log, metrics });
  const store = new ToolhiveStore(stored.scan.changed);
  const read = readClusterObject(
    'MCPServerEntry',
    entry({ remoteUrl: 'http://localhost/' }, { name: 'bad' }),
  );
  if (read.ok) store.put(read.value);
  const policy = policyOf(
    'exceptions: [{rule: remote-url-blocked-host, namespace: default, name: bad, until: 2026-06-01, reason: why}]',
  );
  const catalog = { namespace: (name: string) => store.namespace(name) } as unknown as Catalog;
  await stored.start(catalog, policy);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await metricValue(metrics, SERIES)).toBe(0);
  await vi.advanceTimersByTimeAsync(14 * HOUR);
  expect(await metricValue(metrics, SERIES)).toBe(1);
  stored.stop();
});
