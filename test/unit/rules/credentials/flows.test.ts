import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../../src/kubernetes/record.ts';
import { SECRET_FLOWS, type SecretFlow } from '../../../../src/rules/credentials/flows.ts';
import { checkSpecCredentials } from '../../../../src/rules/credentials/inSpec.ts';
import type { StoredKind } from '../../../../src/toolhive/kinds.ts';
import { policyOf } from '../policy/support.ts';

/** References to Secrets that go to backends and their token endpoints, which `credentials/toBackends.ts` finds by the models. */
const BY_MODELS = [
  'MCPExternalAuthConfig.bearerToken.tokenSecretRef',
  'MCPExternalAuthConfig.headerInjection.valueSecretRef',
  'MCPExternalAuthConfig.tokenExchange.clientSecretRef',
  'MCPExternalAuthConfig.xaa.idpClientSecretRef',
  'MCPExternalAuthConfig.xaa.targetClientSecretRef',
  'MCPRemoteProxy.headerForward.addHeadersFromSecret[].valueSecretRef',
  'MCPServerEntry.headerForward.addHeadersFromSecret[].valueSecretRef',
];

/** References that no policy has to guard, and why. */
const NOT_SENT: readonly (readonly [path: RegExp, why: string])[] = [
  [/\.caBundleRef\.configMapRef$|\.authzConfig\.configMap$/, 'a ConfigMap'],
  [/^MCPServer\.permissionProfile$/, 'a ConfigMap with a permission profile'],
  [/\.(caCertSecretRef|caSecretRef)$/, 'certificates of a CA, with which a server is verified'],
  [
    /\.(clientCertSecretRef|clientKeySecretRef)$/,
    'TLS proves that the client has the key and does not send it',
  ],
  [/\.(signingKeySecretRefs\[\]|hmacSecretRefs\[\]|hmacSecretRef)$/, 'a key that signs'],
  [/\.delegateClients\[\]\.clientSecretRef$/, 'what callers send is compared with it'],
  [
    /(^|\.)imagePullSecrets\[\]$/,
    'the kubelet sends what the Secret itself has for the registry of an image',
  ],
  [/^MCPServer\.secrets\[\]$/, 'a variable of the container, whose program decides about it'],
];

type Schema = Readonly<Record<string, unknown>>;

const DOCUMENT = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../schemas/toolhive.schema.json'), 'utf8'),
) as { readonly allOf: readonly { if: Schema; then: Schema }[]; readonly definitions: Schema };

function resolved(schema: unknown): Schema {
  if (!isRecord(schema)) return {};
  const { $ref } = schema;
  return typeof $ref === 'string' ? resolved(DOCUMENT.definitions[$ref.split('/').at(-1) ?? '']) : schema;
}

/** True for a field that names a Secret, or another object with a key in it. */
function isReference(path: string, { properties }: Schema): boolean {
  const fields = isRecord(properties) ? Object.keys(properties) : [];
  const field = path.split('.').at(-1) ?? '';
  return (
    /secretName$/i.test(field) ||
    (fields.includes('name') && (fields.includes('key') || /secret/i.test(field)))
  );
}

/** The references below a schema, with their paths. */
function references(schema: unknown, path: string, above: readonly Schema[] = []): string[] {
  const here = resolved(schema);
  // The steps of a composite tool are nested in themselves.
  if (above.includes(here)) return [];
  const { properties, items, additionalProperties } = here;
  const below = [
    ...Object.entries(isRecord(properties) ? properties : {}).map(
      ([name, value]) => [value, `${path}.${name}`] as const,
    ),
    [items, `${path}[]`] as const,
    [additionalProperties, `${path}{}`] as const,
    ...[here.allOf, here.anyOf, here.oneOf].flat().map((part) => [part, path] as const),
  ];
  return [
    ...(isReference(path, here) ? [path] : []),
    ...below.flatMap(([part, at]) => (isRecord(part) ? references(part, at, [...above, here]) : [])),
  ];
}

/** All references of all kinds: `Kind.path below spec`. */
const FOUND = DOCUMENT.allOf.flatMap(({ if: given, then }) => {
  const { kind } = given.properties as { kind?: { const?: string } };
  const { spec } = (then.properties ?? {}) as { spec?: unknown };
  return kind?.const === undefined ? [] : references(spec, kind.const);
});

const OF_SPECS = SECRET_FLOWS.flatMap(({ kinds, ref }) => kinds.map((kind) => `${kind}.${ref}`));

describe('the references to Secrets in the schemas of ToolHive’s kinds', () => {
  it('are known: to whom the Secret goes, or why that need not be known', () => {
    const known = new Set([...OF_SPECS, ...BY_MODELS]);
    expect(FOUND.length).toBeGreaterThan(50);
    expect(
      FOUND.filter((path) => !known.has(path) && !NOT_SENT.some(([pattern]) => pattern.test(path))),
    ).toEqual([]);
  });

  it('are there for all that is known', () => {
    expect([...OF_SPECS, ...BY_MODELS].filter((path) => !FOUND.includes(path))).toEqual([]);
    expect(NOT_SENT.filter(([pattern]) => !FOUND.some((path) => pattern.test(path)))).toEqual([]);
  });
});

/** What a spec needs beside a reference for its Secret to go to a host, for flows whose URL does not stand beside it. */
const SENT_TO: Readonly<Record<string, (host: string) => object>> = {
  sessionStorage: (host) => ({ sessionStorage: { provider: 'redis', address: `${host}:6379` } }),
  authServerConfig: (host) => ({
    authServerConfig: { storage: { type: 'redis', redis: { addr: `${host}:6379` } } },
  }),
  embeddedAuthServer: (host) => ({
    embeddedAuthServer: { storage: { type: 'redis', redis: { addr: `${host}:6379` } } },
  }),
  openTelemetry: (host) => ({ openTelemetry: { endpoint: `${host}:4318` } }),
  hfTokenSecretRef: (host) => ({ env: [{ name: 'HF_ENDPOINT', value: `https://${host}` }] }),
  pgpassSecretRef: (host) => ({ configYAML: `database: {host: ${host}}` }),
};

/** Two specs as one; lists that both have are joined item by item. */
function merged(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return one.map((item, index) => merged(item, other[index]));
  if (!isRecord(one) || !isRecord(other)) return other ?? one;
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [
      key,
      merged(one[key], other[key]),
    ]),
  );
}

/** The specs in which the reference of a flow sends Secret `key` to a host. */
function specs({ ref, beside = [] }: SecretFlow, host: string): Record<string, unknown>[] {
  const segments = ref.split('.');
  const name = segments.pop() ?? '';
  const nested = (holder: object) =>
    segments.reduceRight<object>(
      (inner, segment) =>
        segment.endsWith('[]') ? { [segment.slice(0, -2)]: [inner] } : { [segment]: inner },
      { [name]: { name: 'key', key: 'k' }, ...holder },
    );
  const around = SENT_TO[ref.split('.')[0] ?? ''];
  const all = [
    ...beside.map((field) => nested({ [field]: `https://${host}/x` })),
    ...(beside.length === 0 && around ? [merged(nested({}), around(host))] : []),
  ];
  return all as Record<string, unknown>[];
}

describe('a guarded Secret', () => {
  const policy = policyOf('credentials: [{secret: apps/key, hosts: [good.example]}]');
  const deniedFor = (kind: StoredKind, spec: Record<string, unknown>) =>
    checkSpecCredentials({ kind, name: 'a', namespace: 'apps', spec }, policy).length > 0;

  it('must not go to a host in a text that is too long to be read', () => {
    const text = 'database: {host: good.example}\n#';
    const spec = (length: number) => ({
      configYAML: text.padEnd(length, 'x'),
      pgpassSecretRef: { name: 'key' },
    });
    expect(deniedFor('MCPRegistry', spec(64 * 1024))).toBe(false);
    expect(deniedFor('MCPRegistry', spec(64 * 1024 + 1))).toBe(true);
  });

  it.each(
    SECRET_FLOWS.flatMap((flow) => flow.kinds.map((kind) => [`${kind}.${flow.ref}`, kind, flow] as const)),
  )('of %s goes to its own host only', (_path, kind, flow) => {
    const [evil, good] = ['evil.example', 'good.example'].map((host) => specs(flow, host)) as [
      object[],
      object[],
    ];
    expect(evil.length).toBeGreaterThan(0);
    for (const spec of evil) expect([spec, deniedFor(kind, spec as never)]).toEqual([spec, true]);
    for (const spec of good) expect([spec, deniedFor(kind, spec as never)]).toEqual([spec, false]);
  });
});
