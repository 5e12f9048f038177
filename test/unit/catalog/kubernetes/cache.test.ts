import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, KindCache } from '../../../../src/catalog/kubernetes/cache.ts';
import { ToolhiveStore } from '../../../../src/catalog/store.ts';

const ENTRY = {
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: 'new', namespace: 'apps' },
  spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'team' } },
};
const { signal } = new AbortController();

interface Version {
  readonly name: string;
  readonly version: number;
  readonly good: boolean;
  readonly bytes: number;
}

const version = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  version: fc.nat(3),
  good: fc.boolean(),
  bytes: fc.nat(3_000),
});
const step = fc.oneof(
  fc.record({ op: fc.constant('upsert' as const), object: version }),
  fc.record({ op: fc.constant('remove' as const), object: version }),
  fc.record({
    op: fc.constant('replace' as const),
    objects: fc.uniqueArray(version, { selector: ({ name }) => name }),
    breaks: fc.boolean(),
  }),
);

/** The object of a version; the same version is always the same object. */
function raw({ name, version: resourceVersion, good }: Version): unknown {
  const bad = good ? {} : { spec: { remoteUrl: resourceVersion } };
  const metadata = {
    name,
    namespace: 'apps',
    uid: `${name}${good}`,
    resourceVersion: String(resourceVersion + 1),
  };
  return { ...ENTRY, ...bad, metadata };
}

describe('the copy of a kind', () => {
  it('holds what a plain map would, counts what it holds, and takes no more than there is room for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.integer({ min: 2_000, max: 20_000 }),
        async (steps, limit) => {
          const store = new ToolhiveStore();
          const budget = new Budget(limit);
          const cache = new KindCache({ kind: 'MCPServerEntry', sink: store, budget, observer: {} });
          let model = new Map<string, Version>();
          for (const one of steps) {
            const before = budget.used;
            try {
              if (one.op === 'upsert') {
                cache.upsert(raw(one.object), one.object.bytes);
                model.set(one.object.name, one.object);
              } else if (one.op === 'remove') {
                cache.remove(raw(one.object));
                model.delete(one.object.name);
              } else {
                const { objects, breaks } = one;
                async function* pages() {
                  for (const object of objects)
                    yield {
                      items: [raw(object)],
                      bytes: object.bytes,
                      resourceVersion: '9',
                      next: undefined,
                    };
                  if (breaks) throw new Error('breaks off');
                }
                expect(await cache.replaceBy(pages(), signal)).toMatchObject({
                  resourceVersion: objects.length > 0 ? '9' : '',
                });
                model = new Map(objects.map((object) => [object.name, object]));
              }
            } catch (error) {
              expect((error as Error).message).toMatch(/breaks off|follow fewer namespaces/);
              expect(budget.used).toBe(before);
            }
            const held = [...model.values()];
            expect(cache.objects).toBe(held.filter(({ good }) => good).length);
            expect(cache.malformed).toBe(held.filter(({ good }) => !good).length);
            for (const name of ['a', 'b', 'c'])
              expect(store.namespace('apps').entry(name) !== undefined).toBe(model.get(name)?.good ?? false);
            expect(cache.bytes).toBe(budget.used);
            expect(budget.used).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });
});
