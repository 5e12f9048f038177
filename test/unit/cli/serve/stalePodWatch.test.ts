import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { manifestCatalog } from '../../../../src/catalog/manifests/manifestCatalog.ts';
import { StalePodWatch } from '../../../../src/cli/serve/stalePodWatch.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../../src/injection/contract.ts';
import { defaultPolicy } from '../../../../src/rules/policy/policy.ts';
import { Capacity } from '../../../../src/server/capacity.ts';
import type { Log } from '../../../../src/server/log.ts';
import { makeMetrics } from '../../../../src/server/metrics/metrics.ts';
import { baseConfigMap, GROUP, operatorMadePod, virtualServer } from '../../injection/support/cluster.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

async function minute(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(60_000);
}

it('logs once that Pods cannot be compared, and again when they could be meanwhile', async () => {
  const catalog = manifestCatalog([GROUP, virtualServer(), baseConfigMap()].map((object) => ({ object })));
  let asleep = true;
  const configMap: typeof catalog.configMap = async (...ref) =>
    asleep ? { state: 'unavailable', reason: 'it is asleep' } : catalog.configMap(...ref);
  const warn = vi.fn();
  const pod = { ...operatorMadePod(), metadata: { ...(operatorMadePod().metadata as object), name: 'a' } };
  const watch = new StalePodWatch({
    log: { warn, info: vi.fn() } as unknown as Log,
    metrics: makeMetrics('x', new Capacity()),
    catalog: { ...catalog, configMap },
    async *list() {
      yield [{ ...pod }];
    },
    metadata: { configMap: async () => ({ state: 'missing' }) },
    settings: DEFAULT_INJECTION_SETTINGS,
  });
  await watch.start(defaultPolicy());
  for (let looks = 0; looks < 3; looks++) await minute();
  expect(warn).toHaveBeenCalledTimes(1);
  asleep = false;
  await minute();
  asleep = true;
  await minute();
  await minute();
  watch.stop();
  const failures = warn.mock.calls.filter(([, text]) => /could not be compared/.test(text));
  expect(failures).toHaveLength(2);
});
