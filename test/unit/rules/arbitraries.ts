import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { TOOLHIVE_KINDS } from '../../../src/toolhive/kinds.ts';
import { TEAM, yaml } from './support.ts';

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
const NAMED = fc.record({ name: near(WORD) });
const CA_BUNDLE = fc.record({ configMapRef: near(REF) });
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
    incomingAuth: near(
      fc.record(
        { type: near(WORD), oidcConfigRef: near(NAMED), authzConfigRef: near(NAMED) },
        { requiredKeys: [] },
      ),
    ),
    telemetryConfigRef: near(NAMED),
    toolConfigRef: near(NAMED),
    embeddingServerRef: near(NAMED),
    name: near(WORD),
    toolsOverride: near(fc.dictionary(WORD, near(fc.record({ name: near(WORD) })), { maxKeys: 3 })),
    inline: near(fc.record({ issuer: near(WORD), caBundleRef: near(CA_BUNDLE) }, { requiredKeys: [] })),
    openTelemetry: near(fc.record({ caBundleRef: near(CA_BUNDLE) })),
    config: near(
      fc.record({
        aggregation: near(
          fc.record({
            tools: near(
              fc.array(fc.record({ workload: near(WORD), toolConfigRef: near(NAMED) }), { maxLength: 2 }),
            ),
          }),
        ),
        compositeToolRefs: near(fc.array(near(NAMED), { maxLength: 3 })),
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
/** A ToolHive object that is mostly near its schema. */
export const OBJECT = fc.record({
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
/** What else a namespace holds. */
export const CLUSTER = fc.array(OBJECT as fc.Arbitrary<KubernetesObject>, { maxLength: 5 }).map((objects) => [
  ...TEAM,
  ...objects,
  ...yaml(`
apiVersion: v1
kind: ConfigMap
metadata: {name: billing, namespace: default}
data: {ca.crt: "-----BEGIN CERTIFICATE-----"}
`),
]);
