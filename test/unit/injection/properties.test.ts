import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loaderProblems } from '../../../src/injection/config/validator.ts';
import { type Injection, injectPod } from '../../../src/injection/injector.ts';
import type { Pod } from '../../../src/injection/pod/pod.ts';
import {
  BASE,
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  OWN_BASE,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from './support/cluster.ts';
import { context, depsOf, readFixture } from './support/fixtures.ts';
import { applyPatch } from './support/jsonPatch.ts';
import { kubeletEnv } from './support/kubelet.ts';

const RUNS = { numRuns: 150 };

const CA = readFixture('mixed-group').find(
  ({ object }) => (object.metadata as { name?: string }).name === 'corp-ca',
);
const PEM = (CA!.object as unknown as { data: { 'ca.crt': string } }).data['ca.crt'];

/** Names that normalise alike, that are too long for a volume, or that look like something else in YAML. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a-b',
    'a.b',
    'team.a',
    'team-a',
    'yes',
    'null',
    '1e3',
    '0o7',
    '2024-01-01',
    'constructor',
  ),
  fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$/).filter((text) => !/\.[.-]|-\./.test(text)),
  fc.integer({ min: 50, max: 240 }).map((length) => 'x'.repeat(length)),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('yes', '~', '$(HOME)', '$$', '\u2028'),
);
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const secretRef = fc.constantFrom(
  { name: 's1', key: 'k' },
  { name: 's2', key: 'k' },
  { name: 'missing', key: 'k' },
);
const headers = fc.record({
  addPlaintextHeaders: fc.dictionary(fc.constantFrom('X-Plain', 'X-Other', 'Host'), headerValue, {
    maxKeys: 2,
  }),
  addHeadersFromSecret: fc.uniqueArray(
    fc.record({ headerName: fc.constantFrom('X', 'X-A', 'X-B', 'X_A'), valueSecretRef: secretRef }),
    { maxLength: 2, selector: ({ headerName }) => headerName },
  ),
});
const authName = fc.constantFrom('auth-one', 'auth.one', 'bearer', 'nowhere', 'exchange', 'sts');

const entries = fc.uniqueArray(
  fc.record({
    name,
    url: fc.constantFrom('https://a.example/mcp', 'http://localhost/', 'https://b.example:8443/sse', ''),
    transport: fc.constantFrom('sse', 'streamable-http'),
    headers: fc.option(headers, { nil: undefined }),
    auth: fc.option(authName, { nil: undefined }),
    ca: fc.option(fc.constantFrom('corp-ca', 'no-pem', 'gone', ''), { nil: undefined }),
    caKey: fc.constantFrom('ca.crt', '', 'a..b', 'other'),
    phase: fc.constantFrom('Valid', 'Valid', 'Valid', 'Failed', undefined),
    annotations: fc.dictionary(fc.constantFrom('owner', 'group', 'remote_url', 'a.b/c', 'yes'), text, {
      maxKeys: 3,
    }),
  }),
  { maxLength: 6, selector: (item) => item.name },
);
const servers = fc.uniqueArray(
  fc.record({
    name,
    transport: fc.constantFrom('stdio', 'sse', 'streamable-http'),
    url: fc.option(fc.constant('http://svc.apps.svc:8080/sse#frag'), { nil: undefined }),
    auth: fc.option(authName, { nil: undefined }),
  }),
  { maxLength: 3, selector: (item) => item.name },
);
const choice = fc.oneof(
  fc.constant({ type: 'discovered' }),
  authName.map((config) => ({ type: 'externalAuthConfigRef', externalAuthConfigRef: { name: config } })),
);

const AUTH_CONFIGS: readonly Raw[] = [
  ...['auth-one', 'auth.one'].map((config, index) =>
    toolhive('MCPExternalAuthConfig', config, {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Auth', valueSecretRef: { name: `s${index + 1}`, key: 'k' } },
    }),
  ),
  toolhive('MCPExternalAuthConfig', 'bearer', { type: 'bearerToken', bearerToken: {} }),
  toolhive('MCPExternalAuthConfig', 'exchange', {
    type: 'tokenExchange',
    tokenExchange: { tokenUrl: 'https://idp.example/t', clientSecretRef: { name: 'missing', key: 'k' } },
  }),
  toolhive('MCPExternalAuthConfig', 'sts', { type: 'awsSts', awsSts: { region: 'eu-west-1' } }),
];

/** Any cluster: entries and servers of all sorts, with any explicit and default auth. */
const cluster = fc
  .record({
    entries,
    servers,
    fallback: fc.option(choice, { nil: undefined }),
    explicit: fc.dictionary(name, choice, { maxKeys: 3 }),
    base: fc.constantFrom<unknown>(BASE, {
      ...BASE,
      outgoingAuth: { source: 'inline', default: { type: 'discovered' } },
    }),
  })
  .map(({ entries: some, servers: others, fallback, explicit, base }): Raw[] => [
    GROUP,
    virtualServer({ ...(fallback && { default: fallback }), backends: explicit }),
    ...AUTH_CONFIGS,
    configMap('corp-ca', { 'ca.crt': PEM, 'a..b': PEM }),
    configMap('no-pem', { 'ca.crt': 'nothing' }),
    baseConfigMap(base),
    ...some.map((item) => {
      const made = entry(
        item.name,
        {
          remoteUrl: item.url,
          transport: item.transport,
          ...(item.headers && { headerForward: item.headers }),
          ...(item.auth && { externalAuthConfigRef: { name: item.auth } }),
          ...(item.ca !== undefined && { caBundleRef: { configMapRef: { name: item.ca, key: item.caKey } } }),
        },
        item.annotations,
      );
      return { ...made, status: item.phase ? { phase: item.phase } : undefined };
    }),
    ...others.map((item) =>
      toolhive(
        'MCPServer',
        item.name,
        {
          groupRef: { name: 'team' },
          transport: item.transport,
          ...(item.auth && { externalAuthConfigRef: { name: item.auth } }),
        },
        { status: { phase: 'Ready', ...(item.url && { url: item.url }) } },
      ),
    ),
  ]);

function inject(objects: readonly Raw[], pod: unknown = operatorMadePod()): Promise<Injection> {
  return injectPod(pod, 'apps', depsOf(documents(objects)), context());
}

function vmcpOf(pod: unknown) {
  return (pod as Pod).spec.containers[0];
}

interface Config {
  readonly backends: readonly { name: string; metadata?: Record<string, string> }[];
  readonly outgoingAuth: { backends?: Record<string, { headerInjection?: { headerValueEnv: string } }> };
}

function configOf(pod: unknown, version: '1.1' | '1.2' = '1.2'): Config {
  return parse((pod as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '', {
    version,
  }) as Config;
}

/** What the VirtualMCPServer names itself is required, so it is there; see the test of missing Secrets for the rest. */
const SECRETS = new Map([
  ['s1/k', 'secret-one'],
  ['s2/k', 'secret-two'],
  ['missing/k', 'secret-three'],
]);

describe('injection into any cluster', () => {
  it('gives a patch that RFC 6902 applies to the planned Pod, and changes nothing a second time', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const pod = operatorMadePod();
        const first = await inject(objects, pod);
        const patched = applyPatch(pod, first.patch);
        expect(patched).toEqual(JSON.parse(JSON.stringify(first.pod)));
        expect((await inject(objects, patched)).patch).toEqual([]);
      }),
      RUNS,
    ));

  it('gives the same bytes in whatever order the objects come', () =>
    fc.assert(
      fc.asyncProperty(cluster, fc.integer(), async (objects, seed) => {
        const shuffled = objects.toSorted((a, b) => (hash(a, seed) < hash(b, seed) ? -1 : 1));
        expect(JSON.stringify((await inject(shuffled)).pod)).toBe(
          JSON.stringify((await inject(objects)).pod),
        );
      }),
      RUNS,
    ));

  it('delivers only configs that the vMCP accepts, the same to readers of YAML 1.1 and 1.2', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const { pod, decision } = await inject(objects);
        expect(decision).toBe('injected');
        const env = kubeletEnv(vmcpOf(pod)?.env, SECRETS);
        const config = configOf(pod);
        expect(loaderProblems(config, (variable) => Boolean(env.get(variable)))).toEqual([]);
        expect(configOf(pod, '1.1')).toEqual(config);
        expect(config.backends.length).toBeGreaterThan(0);
        expect(new Set(config.backends.map((backend) => backend.name)).size).toBe(config.backends.length);
      }),
      RUNS,
    ));

  it('accounts for every member: served, or left out with a reason', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const { report } = await inject(objects);
        const members = objects.filter(
          ({ kind }) => kind === 'MCPServerEntry' || kind === 'MCPServer',
        ).length;
        const leftOut = report?.leftOut.filter(({ kind }) => kind !== 'Backend').length ?? 0;
        expect((report?.backends.length ?? 0) + leftOut).toBe(members);
      }),
      RUNS,
    ));

  it('names volumes uniquely and validly, and mounts each one that it names', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const { pod } = await inject(objects);
        const volumes = ((pod as Pod).spec.volumes ?? []).map((volume) => volume.name);
        expect(new Set(volumes).size).toBe(volumes.length);
        for (const volume of volumes) expect(volume).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        const mounts = vmcpOf(pod)?.volumeMounts ?? [];
        for (const mount of mounts) expect(volumes).toContain(mount.name);
        expect(new Set(mounts.map(({ mountPath }) => mountPath)).size).toBe(mounts.length);
      }),
      RUNS,
    ));

  it('starts without any Secret that only a backend needs', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const server = objects.find(({ kind }) => kind === 'VirtualMCPServer');
        const own = JSON.stringify(server).includes('externalAuthConfigRef');
        fc.pre(!own);
        const { pod } = await inject(objects);
        const env = kubeletEnv(vmcpOf(pod)?.env, new Map());
        expect(loaderProblems(configOf(pod), (variable) => Boolean(env.get(variable)))).toEqual([]);
      }),
      RUNS,
    ));
});

describe('injection into a self-managed Pod of any cluster', () => {
  /** The operator's ConfigMap replaced by one that its owner wrote. */
  const owned = cluster.map((objects) =>
    objects.map((object) =>
      object.kind === 'ConfigMap' && isBase(object) ? baseConfigMap(OWN_BASE) : object,
    ),
  );

  function isBase({ metadata }: Raw): boolean {
    return (metadata as { name: string }).name === 'team-vmcp-vmcp-config';
  }

  it('is settled after one pass, keeps its own backends, and is a config that the vMCP accepts', () =>
    fc.assert(
      fc.asyncProperty(owned, async (objects) => {
        const pod = selfManagedPod();
        const first = await inject(objects, pod);
        expect(first.decision).toBe('injected');
        const patched = applyPatch(pod, first.patch);
        expect((await inject(objects, patched)).patch).toEqual([]);
        const env = kubeletEnv(vmcpOf(patched)?.env, new Map());
        const config = configOf(patched);
        expect(loaderProblems(config, (variable) => Boolean(env.get(variable)))).toEqual([]);
        expect(config.backends.filter((backend) => backend.name === 'own')).toHaveLength(1);
        expect(config.backends.map((backend) => backend.name)).not.toContain('unset');
        expect(new Set(config.backends.map((backend) => backend.name)).size).toBe(config.backends.length);
      }),
      RUNS,
    ));
});

function hash(object: Raw, seed: number): number {
  let value = seed | 0;
  for (const character of JSON.stringify(object))
    value = (Math.imul(value, 31) + character.charCodeAt(0)) | 0;
  return value;
}

interface Manifest {
  readonly addPlaintextHeaders?: Record<string, string>;
  readonly addHeadersFromSecret?: Record<string, string>;
}

describe('forwarded headers in any cluster', () => {
  it('reach the vMCP byte for byte, and only from the own entry', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const { pod } = await inject(objects);
        const env = kubeletEnv(vmcpOf(pod)?.env, SECRETS);
        for (const backend of configOf(pod).backends) {
          const variable = `TOOLHIVE_HEADER_FORWARD_${backend.name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
          const manifest = JSON.parse(env.get(variable) ?? '{}') as Manifest;
          const source = objects.find(
            ({ kind, metadata }) =>
              kind ===
                (backend.metadata?.workload_type === 'server_entry' ? 'MCPServerEntry' : 'MCPServer') &&
              (metadata as { name: string }).name === backend.name,
          );
          const wanted = (source?.spec as { headerForward?: Record<string, unknown> } | undefined)
            ?.headerForward;
          const plaintext = (wanted?.addPlaintextHeaders ?? {}) as Record<string, string>;
          const listed = (wanted?.addHeadersFromSecret ?? []) as {
            headerName: string;
            valueSecretRef: { name: string; key: string };
          }[];
          for (const [header, value] of Object.entries(manifest.addPlaintextHeaders ?? {}))
            expect(value).toBe(plaintext[header]);
          const sent = manifest.addHeadersFromSecret ?? {};
          expect(Object.keys(sent).sort()).toEqual(listed.map(({ headerName }) => headerName).sort());
          for (const { headerName, valueSecretRef } of listed)
            expect(env.get(`TOOLHIVE_SECRET_${sent[headerName]}`)).toBe(
              SECRETS.get(`${valueSecretRef.name}/${valueSecretRef.key}`),
            );
        }
      }),
      RUNS,
    ));

  it('never hand the secret of one auth config to the backends of another', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const { pod } = await inject(objects);
        const env = kubeletEnv(vmcpOf(pod)?.env, SECRETS);
        const server = objects.find(({ kind }) => kind === 'VirtualMCPServer');
        const explicit = (
          server!.spec as { outgoingAuth: { backends: Record<string, Record<string, unknown>> } }
        ).outgoingAuth.backends;
        const config = configOf(pod);
        for (const [backend, strategy] of Object.entries(config.outgoingAuth.backends ?? {})) {
          if (!strategy.headerInjection) continue;
          const type = config.backends.find(({ name: listed }) => listed === backend)?.metadata
            ?.workload_type;
          const source = objects.find(
            ({ kind, metadata }) =>
              kind === (type === 'server_entry' ? 'MCPServerEntry' : 'MCPServer') &&
              (metadata as { name: string }).name === backend,
          );
          const spec = source?.spec as { externalAuthConfigRef?: { name: string } };
          const chosen = Object.hasOwn(explicit, backend) ? explicit[backend] : undefined;
          const used =
            (chosen?.externalAuthConfigRef as { name: string } | undefined) ?? spec.externalAuthConfigRef;
          expect(env.get(strategy.headerInjection.headerValueEnv)).toBe(
            used?.name === 'auth-one' ? 'secret-one' : 'secret-two',
          );
        }
      }),
      RUNS,
    ));
});
