import { vi } from 'vitest';
import { makeApiClient } from '../../../../src/apiClient/client.ts';
import { Budget } from '../../../../src/catalog/kubernetes/cache.ts';
import { collectionPaths } from '../../../../src/catalog/kubernetes/collections.ts';
import type { CatalogObserver } from '../../../../src/catalog/kubernetes/observer.ts';
import { sharedLook } from '../../../../src/catalog/kubernetes/probes.ts';
import { Reflector } from '../../../../src/catalog/kubernetes/reflector.ts';
import {
  type Clock,
  REFLECTOR_TIMING,
  type ReflectorTiming,
  systemClock,
} from '../../../../src/catalog/kubernetes/timing.ts';
import { ToolhiveStore } from '../../../../src/catalog/store.ts';
import { Turns } from '../../../../src/concurrency/turns.ts';
import type { FakeApiServer } from '../../../support/fakeApiServer.ts';

/** Waits of milliseconds, so that a test of failures ends soon; watches are as long as they are. */
export const FAST: ReflectorTiming = {
  ...REFLECTOR_TIMING,
  backoff: { first: 4, max: 16 },
  shortWatch: 20,
  missingKind: 10,
};

export interface Options {
  readonly clock?: Clock;
  readonly observer?: CatalogObserver;
  readonly timing?: Partial<ReflectorTiming>;
  readonly budgetBytes?: number;
}

export interface Reflecting {
  readonly reflector: Reflector;
  readonly store: ToolhiveStore;
  /** What the reflector told its observer, a line each. */
  readonly told: string[];
  /** Names of the entries of the group `g` in the namespace `apps`. */
  names(): string[];
  stop(): void;
}

function recorder(told: string[]): CatalogObserver {
  return {
    listed: (_, objects) => told.push(`listed ${objects}`),
    absent: () => told.push('absent'),
    relist: (_, message) => told.push(`relist ${message}`),
    failed: ({ operation, message }) => told.push(`failed ${operation} ${message}`),
    malformed: (_, namespace, name, problem) => told.push(`malformed ${namespace}/${name} ${problem}`),
  };
}

/** A reflector of the entries of a server, started. */
export function reflect(server: FakeApiServer, options: Options = {}): Reflecting {
  const { clock = systemClock } = options;
  const timing = { ...FAST, ...options.timing };
  const told: string[] = [];
  const store = new ToolhiveStore();
  const api = makeApiClient({ connect: async () => server.connection, userAgent: 'test' });
  const stopped = new AbortController();
  const paths = collectionPaths('MCPServerEntry', undefined);
  const reflector = new Reflector({
    scope: { kind: 'MCPServerEntry', namespace: undefined },
    paths,
    api,
    sink: store,
    clock,
    timing,
    observer: { ...recorder(told), ...options.observer },
    budget: new Budget(options.budgetBytes ?? Number.POSITIVE_INFINITY),
    lists: new Turns(1),
    stillMissing: sharedLook({ api, clock, timing, signal: stopped.signal }, paths),
  });
  reflector.start();
  return {
    reflector,
    store,
    told,
    names: () =>
      store
        .namespace('apps')
        .members('g')
        .map((entry) => entry.metadata.name),
    stop() {
      stopped.abort();
      reflector.stop();
      api.close();
    },
  };
}

/** Waits until a check holds, on a busy machine too. */
export function until<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 5 });
}
