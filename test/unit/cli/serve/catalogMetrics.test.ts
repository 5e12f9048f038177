import { describe, expect, it } from 'vitest';
import type { KindStatus } from '../../../../src/catalog/kubernetes/observer.ts';
import { addCatalogGauges, catalogObserver } from '../../../../src/cli/serve/catalogMetrics.ts';
import { metricValue, recordedLog, testMetrics } from '../../server/support.ts';

describe('the metrics of the catalog', () => {
  it('are one number per kind, over all its namespaces', async () => {
    const metrics = testMetrics();
    const status: KindStatus = {
      kind: 'MCPGroup',
      namespace: 'a',
      synced: true,
      objects: 2,
      malformed: 1,
      bytes: 2_000,
      ageMs: 500,
      problem: undefined,
    };
    const statuses = [
      status,
      { ...status, namespace: 'b', objects: 3, synced: false, ageMs: 400_000 },
      { ...status, kind: 'MCPServer' as const, ageMs: undefined },
    ];
    addCatalogGauges(metrics.meter, () => statuses, 1_000_000);
    const of = (name: string, kind = 'MCPGroup') =>
      metricValue(metrics, `vmcp_admission_catalog_${name}{kind="${kind}"}`);
    expect(await of('objects')).toBe(5);
    expect(await of('synced')).toBe(0);
    expect(await of('age_seconds')).toBe(400);
    expect(await of('stale_copies')).toBe(1);
    expect(await of('stale_copies', 'MCPServer')).toBe(1);
    expect(await of('bytes')).toBe(4_000);
    expect(await metricValue(metrics, 'vmcp_admission_catalog_limit_bytes')).toBe(1_000_000);
    expect(await metrics.registry.metrics()).toContain(
      'vmcp_admission_catalog_age_seconds{kind="MCPServer"} +Inf',
    );
  });

  it('never have an object name or a reason as a label', async () => {
    const metrics = testMetrics();
    const { log, lines } = recordedLog();
    const observer = catalogObserver(metrics.meter, log, ['MCPGroup']);
    const scope = { kind: 'MCPGroup', namespace: 'tenant' } as const;
    observer.relist?.(scope, 'some reason');
    const failure = {
      ...scope,
      operation: 'watch',
      reason: 'network',
      message: 'reset',
      waitMs: 800,
    } as const;
    observer.failed?.(failure);
    observer.failed?.({ ...failure, namespace: 'other' });
    observer.malformed?.('MCPGroup', 'apps', 'my-object', 'no');
    const text = await metrics.registry.metrics();
    expect(text).not.toMatch(/some reason|my-object|apps|tenant/);
    expect(text).toContain('vmcp_admission_catalog_relists_total{kind="MCPGroup"} 1');
    const why = 'the API server answered 403: mcpgroups "my-object" is forbidden';
    for (let i = 0; i < 2; i++) observer.readFailed?.('MCPGroup', 'refused', why);
    // One fault of the API server is told of once, not once for every namespace or object.
    expect(lines.map((line) => line.level)).toEqual(['info', 'warn', 'warn', 'warn']);
    expect(lines[3]).toMatchObject({ kind: 'MCPGroup', operation: 'get', reason: why });
    expect(lines[1]).toMatchObject({ kind: 'MCPGroup', namespace: 'tenant', reason: 'reset' });
    expect(text).toContain('vmcp_admission_catalog_failures_total{kind="MCPGroup",operation="watch"} 2');
  });
});
