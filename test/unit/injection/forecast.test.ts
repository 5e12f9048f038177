import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { discover } from '../../../src/injection/discovery/discover.ts';
import { gather } from '../../../src/injection/discovery/load.ts';
import { forecast } from '../../../src/injection/resolve.ts';
import { injectManifests } from '../../../src/offline/inject.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { CLOSE_OBJECT, idOf } from '../rules/conflicts/arbitraries.ts';
import { TEAM, yaml } from '../rules/support.ts';

const VMCP = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: forecast, namespace: default}
spec:
  groupRef: {name: team}
  incomingAuth: {type: anonymous}
  outgoingAuth: {source: inline}
  podTemplateSpec: {spec: {containers: [{name: vmcp, env: [{name: TOOLHIVE_HEADER_FORWARD_B, value: '{}'}]}]}}
`);
/** As its controller has left it. */
const STORED = CLOSE_OBJECT.map((object) => ({
  ...object,
  status: { phase: 'Valid', url: 'http://proxy.default.svc:8080/mcp' },
}));
/** The hosts that the Secret of forwarded headers and of auth may be sent to: none, one, all of them; undefined for any. */
const GUARD = fc.option(fc.constantFrom([], ['one.example'], ['*.example', '*.local']), { nil: undefined });
const CLUSTER = fc.uniqueArray(STORED, { maxLength: 12, selector: idOf });
/** The auth configs that members name, unless the cluster has others. */
const AUTH = yaml(
  ['c-d', 'c.d', 'e']
    .map(
      (name) => `
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPExternalAuthConfig
metadata: {name: ${name}, namespace: default}
spec: {type: headerInjection, headerInjection: {headerName: X-Key, valueSecretRef: {name: s, key: k}}}
`,
    )
    .join('---'),
);

describe('the forecast of a vMCP', () => {
  it('names the backends that its Pod is then given, and excludes the others for the same reasons', async () => {
    let served = 0;
    await fc.assert(
      fc.asyncProperty(CLUSTER, GUARD, async (cluster, guard) => {
        const own = new Set(cluster.map(idOf));
        const auth = AUTH.filter((config) => !own.has(idOf(config)));
        const documents = [...TEAM, ...VMCP, ...auth, ...cluster].map((object, index) => ({
          file: 'cluster',
          document: index,
          line: 1,
          object,
        }));
        const catalog = manifestCatalog(documents);
        const credentials = new Map(guard && [['default/s', guard]]);
        const policy = { ...defaultPolicy(), credentials };
        const [signal, now] = [new AbortController().signal, new Date('2026-06-01T00:00:00Z')];
        const settings = { unknownGroup: 'allow', unusableConfig: 'allow', failingConfig: 'allow' } as const;
        const injected = await injectManifests(documents, { catalog, policy, settings }, { signal, now });
        const report = injected.find(({ origin }) => origin === 'VirtualMCPServer forecast')?.injection
          .report;

        const view = catalog.namespace('default');
        const vmcp = view.virtualServer('forecast');
        if (!report || !vmcp) throw new Error('the vMCP is not in the catalog');
        const members = view.members('team');
        const read = await gather({ catalog, view, signal }, members, vmcp);
        const facts = { ...read, view, policy, now };
        const { backends, excluded } = forecast(vmcp, discover(members, 'team', facts), facts);
        expect(backends.map(({ name }) => name)).toEqual(report.backends);
        const reasons = (some: readonly { kind: string; name: string; reason: string }[]) =>
          some.map(({ kind, name, reason }) => `${kind} ${name} ${reason}`).sort();
        expect(reasons(excluded)).toEqual(reasons(report.leftOut));
        served += backends.length;
      }),
      { numRuns: 300 },
    );
    // Some 90 of random clusters: the property is not about empty ones.
    expect(served).toBeGreaterThan(50);
  });
});
