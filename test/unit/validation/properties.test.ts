import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import { oneLine } from '../../../src/admission/text.ts';
import type { KubernetesObject } from '../../../src/manifests/manifest.ts';
import { TOOLHIVE_KINDS, type ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import { review, TEAM, toRequest, yaml } from './support.ts';
import { verdictOn } from './url/support.ts';

/** Words that rules look for, so that random objects come near them. */
const WORD = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      'billing',
      'billing.eu',
      'a-b',
      'a.b',
      'team',
      'other',
      'Valid',
      'Pending',
      'inline',
      'discovered',
    ],
    ...[
      'http://localhost/',
      'https://mcp.example.com/mcp',
      'https://u:p@h.example/',
      'http://[::1]/',
      'https://h:0/',
    ],
    ...[
      'externalAuthConfigRef',
      'tokenExchange',
      'bearerToken',
      'upstreamInject',
      'headerInjection',
      'X-A',
      'x-a',
    ],
    ...[
      'Authorization',
      'Host',
      '$(A)',
      '$$',
      'ca.crt',
      'a..b',
      '__proto__',
      'constructor',
      'sse',
      'streamable-http',
    ],
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const REF = fc.record({ name: WORD, key: WORD }, { requiredKeys: [] });

/** A value that is near what a schema wants, or any JSON at all. */
const near = <T>(wanted: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: wanted }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });

const CHOICE = fc.record(
  { type: near(WORD), externalAuthConfigRef: near(fc.record({ name: near(WORD) })) },
  { requiredKeys: [] },
);
const SPEC = fc.record(
  {
    remoteUrl: near(WORD),
    remoteURL: near(WORD),
    tokenUrl: near(WORD),
    transport: near(WORD),
    type: near(WORD),
    allowPrivateEndpoint: near(fc.boolean()),
    groupRef: near(fc.oneof(WORD, fc.record({ name: near(WORD) }))),
    externalAuthConfigRef: near(fc.record({ name: near(WORD) })),
    caBundleRef: near(fc.record({ configMapRef: near(REF) })),
    headerForward: near(
      fc.record(
        {
          addPlaintextHeaders: near(fc.dictionary(WORD, near(WORD), { maxKeys: 4 })),
          addHeadersFromSecret: near(
            fc.array(fc.record({ headerName: near(WORD), valueSecretRef: near(REF) }), { maxLength: 4 }),
          ),
        },
        { requiredKeys: [] },
      ),
    ),
    outgoingAuth: near(
      fc.record(
        {
          source: near(WORD),
          default: near(CHOICE),
          backends: near(fc.dictionary(WORD, near(CHOICE), { maxKeys: 3 })),
        },
        { requiredKeys: [] },
      ),
    ),
    passthroughHeaders: near(fc.array(near(WORD), { maxLength: 3 })),
    config: near(
      fc.record({
        backends: near(
          fc.array(fc.record({ name: near(WORD), url: near(WORD), caBundlePath: near(WORD) }), {
            maxLength: 3,
          }),
        ),
      }),
    ),
    authServerConfig: near(fc.record({ upstreamProviders: near(fc.array(fc.record({ name: near(WORD) }))) })),
    tokenExchange: near(
      fc.record({ tokenUrl: near(WORD), clientSecretRef: near(REF) }, { requiredKeys: [] }),
    ),
    headerInjection: near(
      fc.record({ headerName: near(WORD), valueSecretRef: near(REF) }, { requiredKeys: [] }),
    ),
    upstreamInject: near(fc.record({ providerName: near(WORD) })),
    bearerToken: near(fc.record({ tokenSecretRef: near(REF) })),
    xaa: near(
      fc.record({ idpTokenUrl: near(WORD), targetTokenUrl: near(WORD), idpClientSecretRef: near(REF) }),
    ),
  },
  { requiredKeys: [] },
);
const OBJECT = fc.record({
  apiVersion: fc.constantFrom('toolhive.stacklok.dev/v1beta1', 'toolhive.stacklok.dev/v1alpha1'),
  kind: fc.constantFrom(...TOOLHIVE_KINDS),
  metadata: near(
    fc.record(
      {
        name: near(WORD),
        namespace: fc.constant('default'),
        generation: near(fc.nat(3)),
        annotations: near(fc.object()),
      },
      { requiredKeys: ['namespace'] },
    ),
  ),
  spec: near(SPEC),
  status: near(fc.record({ phase: near(WORD), observedGeneration: near(fc.nat(4)) }, { requiredKeys: [] })),
});
const CLUSTER = fc.array(OBJECT as fc.Arbitrary<KubernetesObject>, { maxLength: 5 }).map((objects) => [
  ...TEAM,
  ...objects,
  ...yaml(`
apiVersion: v1
kind: ConfigMap
metadata: {name: billing, namespace: default}
data: {ca.crt: "-----BEGIN CERTIFICATE-----"}
`),
]);
const SUBRESOURCE = fc.constantFrom(undefined, 'status');
const OPERATION = fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const);
const RUNS = { numRuns: 200 };

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of entries) result[key] = reversed(item);
  return result;
}

describe('every review', () => {
  it('is answered, whatever JSON the object is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), OPERATION, async (spec, status, operation) => {
        for (const kind of TOOLHIVE_KINDS) {
          const object = {
            apiVersion: 'toolhive.stacklok.dev/v1beta1',
            kind,
            metadata: status,
            spec,
            status,
          };
          const oldObject = operation === 'CREATE' ? undefined : { ...object, spec: status };
          for (const subject of [object, spec]) {
            const outcome = await review({ object: subject, oldObject, operation, kind, cluster: TEAM });
            expect(outcome.kind).not.toBe('patched');
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('speaks in single lines of bounded length, without control characters', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const outcome = await review({ object, cluster });
        const { response } = toReview(toRequest({ object }), outcome);
        const causes = response.status?.details?.causes ?? [];
        for (const { field, message } of causes) {
          expect(field.length).toBeLessThanOrEqual(512);
          expect(message.length).toBeLessThanOrEqual(2_048);
        }
        expect(response.warnings?.length ?? 0).toBeLessThanOrEqual(6);
        for (const warning of response.warnings ?? []) expect([...warning].length).toBeLessThanOrEqual(256);
        for (const text of [
          response.status?.message ?? '',
          ...causes.flatMap(({ field, message }) => [field, message]),
          ...(response.warnings ?? []),
          ...Object.values(response.auditAnnotations ?? {}),
        ])
          expect(text).toBe(oneLine(text, 1_000_000));
      }),
      RUNS,
    );
  });

  it('gives the same answer again, and whatever the order of fields', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const first = await review({ object, cluster });
        expect(await review({ object: structuredClone(object), cluster })).toEqual(first);
        const second = await review({ object: reversed(object), cluster });
        expect(second.kind).toBe(first.kind);
        expect([...second.reasons].sort()).toEqual([...first.reasons].sort());
        // Of two headers with one canonical name the later is the duplicate, so the order of causes may differ.
        if (first.kind === 'denied' && second.kind === 'denied')
          expect(second.causes.length).toBe(first.causes.length);
      }),
      RUNS,
    );
  });

  it('never denies an update that changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, SUBRESOURCE, async (object, cluster, subResource) => {
        const oldObject = structuredClone(object);
        const outcome = await review({
          object,
          oldObject,
          cluster,
          ...(subResource === undefined ? {} : { subResource }),
        });
        expect(outcome.kind).toBe('allowed');
      }),
      RUNS,
    );
  });

  it('never denies a deletion', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (oldObject, cluster) => {
        expect((await review({ oldObject, cluster, operation: 'DELETE' })).kind).toBe('allowed');
      }),
      RUNS,
    );
  });

  it('denies on creation what it denies in an update of something else', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const kind: ToolhiveKind = object.kind;
        const blank = { apiVersion: object.apiVersion, kind, metadata: { name: 'billing' }, spec: {} };
        const created = await review({ object, cluster });
        const updated = await review({ object, oldObject: blank, cluster });
        if (updated.kind === 'denied') expect(created.kind).toBe('denied');
      }),
      RUNS,
    );
  });
});

describe('the verdict on a URL', () => {
  const HOST = fc.oneof(
    fc.constantFrom(
      'localhost',
      'metadata',
      'mcp.example.com',
      'a.svc.cluster.local',
      '10.0.0.1',
      '127.0.0.1',
      '[::1]',
    ),
    fc.constantFrom(
      '[2606:4700::1111]',
      '1.nip.io',
      '203.0.113.1',
      'kubernetes.default',
      '2130706433',
      '0x7f.1',
      'x',
    ),
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const mixedCase = (text: string, bits: number) =>
    [...text].map((c, i) => ((bits >> (i % 30)) & 1 ? c.toUpperCase() : c)).join('');

  it('is the same for every way to write one URL', () => {
    fc.assert(
      fc.property(HOST, fc.boolean(), fc.integer(), fc.boolean(), (host, secure, bits, allowPrivate) => {
        const scheme = secure ? 'https' : 'http';
        const expected = verdictOn(`${scheme}://${host}/`, allowPrivate);
        for (const same of [host, `${host}:`, `${host}:${secure ? 443 : 80}`, mixedCase(host, bits)])
          for (const rest of ['', '/', '/mcp', '?x=1', '/?x=@', '//', '/a/../b', '/%41'])
            expect(verdictOn(`${scheme}://${same}${rest}`, allowPrivate)).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  it('is the same for a name with one trailing dot', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.domain(), fc.constantFrom('localhost', 'metadata', 'a.cluster.local', 'x.nip.io')),
        (name) => {
          expect(verdictOn(`https://${name}./mcp`)).toEqual(verdictOn(`https://${name}/mcp`));
        },
      ),
      RUNS,
    );
  });

  it('never allows what WHATWG reads as a loopback, link-local or unspecified address', () => {
    const blocked =
      /^(?:(?:127|0)\.\d+\.\d+\.\d+$|169\.254\.\d+\.\d+$|\[::1?\]$|\[fe[89ab]|\[::ffff:(?:7f..|0|a9fe):)/;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string({ unit: 'binary' }),
          HOST.map((h) => `http://${h}`),
        ),
        (text) => {
          for (const url of [text, `http://${text}`, `http://${text}/mcp`]) {
            if (!URL.canParse(url)) {
              expect(verdictOn(url, true).denied).toHaveLength(1);
              continue;
            }
            const { hostname, protocol } = new URL(url);
            if (!/^https?:$/.test(protocol) || blocked.test(hostname) || /(^|\.)localhost\.?$/.test(hostname))
              expect(verdictOn(url, true).denied).toHaveLength(1);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is the same whatever address an odd spelling means', () => {
    fc.assert(
      fc.property(fc.ipV4Extended(), (text) => {
        const plain = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text);
        if (!plain) expect(verdictOn(`http://${text}/`, true).denied).toEqual(['remote-url-host-spelling']);
      }),
      RUNS,
    );
  });
});
