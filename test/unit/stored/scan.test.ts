import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { readClusterObject } from '../../../src/catalog/catalogObject.ts';
import { Budget, KindCache } from '../../../src/catalog/kubernetes/cache.ts';
import { ToolhiveStore } from '../../../src/catalog/store.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import type { Level } from '../../../src/rules/rule.ts';
import { judgeStored } from '../../../src/stored/judge.ts';
import { findingsReport } from '../../../src/stored/report.ts';
import { StoredScan } from '../../../src/stored/scan.ts';
import type { SliceTiming } from '../../../src/stored/slicedWork.ts';
import type { ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import type { ToolhiveObject } from '../../../src/toolhive/object.ts';
import { CLOSE_OBJECT } from '../rules/conflicts/arbitraries.ts';
import { policyOf } from '../rules/policy/support.ts';
import { yaml } from '../rules/support.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const POLICY = defaultPolicy();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function model(raw: { readonly kind: string }): ToolhiveObject {
  const read = readClusterObject(raw.kind as ToolhiveKind, raw);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

const models = (text: string) => yaml(text).map(model);

/** A scan of a store, on a clock that goes on by a millisecond each time it is read. */
function scanned(timing?: SliceTiming) {
  let ms = 0;
  const scan = new StoredScan({ now: () => NOW, clock: () => ms++, ...(timing && { timing }) });
  const store = new ToolhiveStore(scan.changed);
  const catalog = { namespace: (name: string) => store.namespace(name) } as Catalog;
  scan.use(POLICY);
  const counts = () =>
    Object.fromEntries(
      [...scan.counts()]
        .filter(({ count }) => count > 0)
        .map(({ rule, level, count }) => [`${rule} ${level}`, count]),
    );
  return { scan, store, catalog, counts };
}

const NAMESPACE = 'apps';
const GROUP = `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata: {name: team, namespace: ${NAMESPACE}}
status: {phase: Ready}
`;
const entry = (name: string, spec: string, status = '') => `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: ${name}, namespace: ${NAMESPACE}, generation: 1}
spec: {transport: sse, groupRef: {name: team}, ${spec}}
${status}
`;
const GOOD = 'remoteUrl: "https://mcp.example.com/"';
const LOCAL = 'remoteUrl: "http://localhost/"';

describe('the findings of what is stored', () => {
  it('judge the guarded Secrets of what no model has by a new policy, without another read', () => {
    const { scan, store, catalog, counts } = scanned();
    scan.start(catalog);
    const objects = yaml(`
kind: MCPOIDCConfig
metadata: {name: idp}
spec: {type: inline, inline: {issuer: "https://idp.example", clientId: v, clientSecretRef: {name: idp, key: k}}}
---
kind: MCPTelemetryConfig
metadata: {name: otel}
spec: {openTelemetry: {enabled: true, endpoint: "otel.example:4318", sensitiveHeaders: [{name: k, secretKeyRef: {name: otel, key: k}}]}}
---
kind: MCPServer
metadata: {name: web}
spec: {image: a, transport: sse, groupRef: {name: team}, sessionStorage: {provider: redis, address: "redis.example:6379", passwordRef: {name: redis, key: k}}}
---
kind: VirtualMCPServer
metadata: {name: vmcp}
spec:
  groupRef: {name: team}
  incomingAuth: {type: oidc, oidcConfigRef: {name: idp, audience: a}}
  authServerConfig:
    issuer: https://vmcp.example
    upstreamProviders:
    - {name: a, type: oidc, oidcConfig: {issuerUrl: "https://login.example", clientId: v, clientSecretRef: {name: idp, key: k}}}
`).map((raw) => ({
      ...raw,
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      metadata: { ...(raw.metadata as object), namespace: NAMESPACE },
    }));
    for (const raw of objects) {
      const { name } = raw.metadata as unknown as { name: string };
      scan.seen(raw.kind as ToolhiveKind, NAMESPACE, name, raw, undefined);
      store.put(model(raw));
    }
    const guarded = () => {
      vi.runAllTimers();
      return counts()['credential-host deny'];
    };
    expect(guarded()).toBeUndefined();
    const credentials = (...hosts: string[]) =>
      ['idp', 'otel', 'redis'].map((name) => ({ secret: `${NAMESPACE}/${name}`, hosts }));
    scan.use(policyOf(JSON.stringify({ credentials: credentials('other.example') })));
    expect(guarded()).toBe(4);
    scan.use(policyOf(JSON.stringify({ credentials: credentials('otel.example', 'idp.example') })));
    expect(guarded()).toBe(2);
    scan.use(policyOf('{}'));
    expect(guarded()).toBeUndefined();
    scan.use(policyOf(JSON.stringify({ credentials: credentials('other.example') })));
    scan.gone('MCPOIDCConfig', NAMESPACE, 'idp');
    expect(guarded()).toBe(3);
  });

  it('judge names by the policy of the namespace, and by a new one', () => {
    const { scan, store, catalog, counts } = scanned();
    const [raw] = yaml(entry('billing', GOOD));
    scan.use(policyOf('scopes: [{namespaces: [apps], names: ["team-*"]}]'));
    scan.start(catalog);
    scan.seen('MCPServerEntry', NAMESPACE, 'billing', raw, undefined);
    for (const object of models([entry('billing', GOOD), GROUP].join('---'))) store.put(object);
    vi.runAllTimers();
    expect(counts()).toMatchObject({ 'name-not-allowed deny': 2 });
    scan.use(policyOf('names: [billing]'));
    vi.runAllTimers();
    expect(counts()).toMatchObject({ 'name-not-allowed deny': 1 });
  });

  it('are counted once the catalog is complete, and follow each change, also that of another object', () => {
    const { scan, store, catalog, counts } = scanned();
    for (const object of models([entry('bad', LOCAL), entry('good', GOOD)].join('---'))) store.put(object);
    vi.runAllTimers();
    expect(counts()).toEqual({});

    scan.start(catalog);
    vi.runAllTimers();
    expect(counts()).toEqual({ 'remote-url-blocked-host deny': 1, 'group-not-found warn': 2 });
    expect(scan.pending).toBe(false);

    for (const object of models(GROUP)) store.put(object);
    expect(scan.pending).toBe(true);
    vi.runAllTimers();
    expect(counts()).toEqual({ 'remote-url-blocked-host deny': 1 });

    for (const object of models(entry('bad', GOOD))) store.put(object);
    store.delete('MCPGroup', NAMESPACE, 'team');
    vi.runAllTimers();
    expect(counts()).toEqual({ 'group-not-found warn': 2 });
    // A series does not vanish, so that an alert sees it end.
    expect([...scan.counts()]).toContainEqual({ rule: 'remote-url-blocked-host', level: 'deny', count: 0 });

    store.delete('MCPServerEntry', NAMESPACE, 'bad');
    vi.runAllTimers();
    expect(counts()).toEqual({ 'group-not-found warn': 1 });
  });

  it('follow a scope that selects the namespace by its labels, once these are read', async () => {
    const { scan, store, catalog, counts } = scanned();
    const labels = async () => ({ state: 'found' as const, value: { trial: 'yes' } });
    const policy = { ...POLICY, levels: { ...POLICY.levels, 'remote-url-blocked-host': 'warn' as const } };
    const scope = {
      name: 'trial',
      namespaceSelector: { matchLabels: { trial: 'yes' }, matchExpressions: [] },
      policy,
    };
    for (const object of models([GROUP, entry('bad', LOCAL)].join('---'))) store.put(object);
    scan.use({ ...POLICY, scopes: [scope] });
    scan.start({ ...catalog, labels });
    await vi.runAllTimersAsync();
    expect(counts()).toEqual({ 'remote-url-blocked-host warn': 1 });
  });

  it('include an entry that is Valid though its spec would be denied', () => {
    const { scan, store, catalog, counts } = scanned();
    const valid = 'status: {phase: Valid, observedGeneration: 1}';
    const failed = entry('failed', LOCAL, 'status: {phase: Failed, observedGeneration: 1}');
    for (const object of models([GROUP, entry('bad', LOCAL, valid), failed].join('---'))) store.put(object);
    scan.start(catalog);
    vi.runAllTimers();
    expect(counts()).toEqual({ 'remote-url-blocked-host deny': 2, 'phase-kept-valid warn': 1 });
  });

  it('are judged again by a new policy; exempt namespaces have none', () => {
    const { scan, store, catalog, counts } = scanned();
    for (const object of models([GROUP, entry('bad', LOCAL)].join('---'))) store.put(object);
    scan.start(catalog);
    vi.runAllTimers();
    scan.use({ ...POLICY, levels: { ...POLICY.levels, 'remote-url-blocked-host': 'warn' } });
    vi.runAllTimers();
    expect(counts()).toEqual({ 'remote-url-blocked-host warn': 1 });
    const scope = { name: 'apps', namespaces: [NAMESPACE], policy: POLICY };
    scan.use({ ...POLICY, scopes: [scope], levels: { ...POLICY.levels, 'remote-url-blocked-host': 'off' } });
    vi.runAllTimers();
    expect(counts()).toEqual({ 'remote-url-blocked-host deny': 1 });
    scan.use({ ...POLICY, exemptNamespaces: [NAMESPACE] });
    vi.runAllTimers();
    expect(counts()).toEqual({});
  });

  it('are the same after any changes as if everything were judged at once', () => {
    const change = fc.record({ object: CLOSE_OBJECT, gone: fc.boolean(), slices: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const { scan, store, catalog } = scanned();
        scan.start(catalog);
        const stored = new Map<string, ToolhiveObject>();
        for (const { object, gone, slices } of changes) {
          const read = model(object);
          const { namespace, name } = read.metadata;
          if (gone) store.delete(read.kind, namespace, name);
          else store.put(read);
          if (gone) stored.delete(`${read.kind} ${name}`);
          else stored.set(`${read.kind} ${name}`, read);
          for (let slice = 0; slice < slices; slice++) vi.runOnlyPendingTimers();
        }
        vi.runAllTimers();
        const expected = [...stored.values()].flatMap((object) => {
          const { denials, warnings } = judgeStored(
            object,
            catalog.namespace(object.metadata.namespace),
            POLICY,
            NOW,
          );
          return [
            ...denials.map(({ rule }) => `${rule} deny`),
            ...warnings.map(({ rule }) => `${rule} warn`),
          ];
        });
        const found = [...scan.counts()].flatMap(({ rule, level, count }) =>
          Array(count).fill(`${rule} ${level}`),
        );
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 100 },
    );
  });
});

describe('an object as it came', () => {
  const VMCP = `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: team, namespace: ${NAMESPACE}, uid: u, resourceVersion: "1"}
`;
  const spec = (aggregation: string, more = '') =>
    `${VMCP}spec: {groupRef: {name: team}, incomingAuth: {type: anonymous}, config: {aggregation: ${aggregation}}${more}}\n`;
  const FILTERED = spec('{tools: [{workload: a, filter: []}]}');
  const UNREADABLE = spec('{}', ', passthroughHeaders: 7');

  /** A scan of what a copy of the cluster holds. */
  function copied() {
    const parts = scanned();
    const { scan, store } = parts;
    const budget = new Budget(1e6);
    const cache = new KindCache({ kind: 'VirtualMCPServer', sink: store, budget, observer: scan });
    const put = (text: string) => {
      cache.upsert(yaml(text)[0], 100);
      vi.runAllTimers();
      return Object.keys(parts.counts());
    };
    for (const object of models([GROUP, entry('a', GOOD)].join('---'))) store.put(object);
    scan.start(parts.catalog);
    return { ...parts, put, cache };
  }

  it('is judged by fields that its model lacks, and when it cannot be read, until it is mended or gone', async () => {
    const { scan, put, cache, counts } = copied();
    expect(put(FILTERED)).toEqual(['vmcp-tool-filter-ignored warn']);
    const unreadable = put(UNREADABLE);
    expect(unreadable).toContain('malformed-field deny');
    expect(unreadable).not.toContain('vmcp-tool-filter-ignored warn');
    const report = await findingsReport(scan, async () => {});
    expect(report.objects).toMatchObject([{ kind: 'VirtualMCPServer', namespace: NAMESPACE, name: 'team' }]);
    expect(report.objects[0]?.findings).toContainEqual(
      expect.objectContaining({ rule: 'malformed-field', level: 'deny', field: 'spec.passthroughHeaders' }),
    );
    expect(put(spec('{}'))).toEqual([]);
    put(UNREADABLE);
    cache.remove(yaml(UNREADABLE)[0]);
    vi.runAllTimers();
    expect(counts()).toEqual({});
  });

  it('has the levels of the policy that holds now', () => {
    const { scan, put, counts } = copied();
    put(FILTERED);
    const level = (level: Level) => {
      scan.use({ ...POLICY, levels: { ...POLICY.levels, 'vmcp-tool-filter-ignored': level } });
      vi.runAllTimers();
      return counts();
    };
    expect(level('deny')).toEqual({ 'vmcp-tool-filter-ignored deny': 1 });
    expect(level('off')).toEqual({});
    expect(level('warn')).toEqual({ 'vmcp-tool-filter-ignored warn': 1 });
  });
});

describe('the cost of the scan', () => {
  it('rests after each slice for a multiple of what the slice took, and has no timer at rest', () => {
    const { scan, store, catalog } = scanned({ delay: 10, slice: 2, pause: 5, rest: 100 });
    const entries = Array.from({ length: 5 }, (_, index) => entry(`e${index}`, GOOD)).join('---');
    for (const object of models(entries)) store.put(object);
    const judged = vi.spyOn(scan, 'judge');
    scan.start(catalog);
    const judgedAfter = (ms: number) => {
      vi.advanceTimersByTime(ms);
      return judged.mock.calls.length;
    };
    expect([judgedAfter(9), judgedAfter(1), judgedAfter(199), judgedAfter(1), judgedAfter(200)]).toEqual([
      0, 2, 2, 4, 5,
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('judges only the object itself when its controller wrote its status', () => {
    const { scan, store, catalog } = scanned();
    const [group, one, other] = models([GROUP, entry('one', GOOD), entry('other', GOOD)].join('---'));
    for (const object of [group, one, other]) if (object) store.put(object);
    scan.start(catalog);
    vi.runAllTimers();
    const judged = vi.spyOn(scan, 'judge');
    for (const object of models(entry('one', GOOD, 'status: {phase: Failed}'))) store.put(object);
    vi.runAllTimers();
    expect(judged.mock.calls.map(([{ ref }]) => ref.name)).toEqual(['one']);
  });
});

describe('the report', () => {
  it('lists the worst objects first, with the sentences of their warnings, and never a secret', async () => {
    const { scan, store, catalog } = scanned();
    const header = 'headerForward: {addPlaintextHeaders: {Authorization: "Bearer s3cr3t-t0k3n-1234567890"}}';
    const texts = [
      GROUP,
      entry('good', GOOD),
      entry('header', `${GOOD}, ${header}`),
      entry('local', `${LOCAL}, ${header}`),
    ];
    for (const object of models(texts.join('---'))) store.put(object);
    scan.start(catalog);
    vi.runAllTimers();
    const report = await findingsReport(scan, async () => {});
    expect(report).toMatchObject({
      pending: false,
      more: 0,
      objects: [
        { kind: 'MCPServerEntry', namespace: NAMESPACE, name: 'local' },
        { kind: 'MCPServerEntry', namespace: NAMESPACE, name: 'header' },
      ],
    });
    expect(report.objects[0]?.findings).toContainEqual(
      expect.objectContaining({ rule: 'remote-url-blocked-host', level: 'deny', field: 'spec.remoteUrl' }),
    );
    expect(JSON.stringify(report)).not.toContain('s3cr3t');
  });

  it('is bounded in objects and in findings of one object', async () => {
    const { scan, store, catalog } = scanned();
    const many = Array.from({ length: 30 }, (_, index) => `"bad name ${index}": "x"`).join(', ');
    const entries = Array.from({ length: 130 }, (_, index) =>
      entry(`e${index}`, `${GOOD}, headerForward: {addPlaintextHeaders: {${many}}}`),
    );
    for (const object of models([GROUP, ...entries].join('---'))) store.put(object);
    scan.start(catalog);
    vi.runAllTimers();
    const report = await findingsReport(scan, async () => {});
    expect([report.objects.length, report.more]).toEqual([100, 30]);
    expect(report.objects[0]?.findings).toHaveLength(10);
    expect(report.objects[0]?.total).toBeGreaterThan(10);
  });
});
