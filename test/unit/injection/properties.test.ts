import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Injection } from '../../../src/injection/injector.ts';
import type { Pod } from '../../../src/injection/pod/pod.ts';
import { headerManifestEnv, SECRET_PREFIX } from '../../../src/toolhive/names.ts';
import { configProblems } from '../../../src/toolhive/vmcpConfig/configProblems.ts';
import { policyOf } from '../rules/policy/support.ts';
import { documents, operatorMadePod, type Raw, selfManagedPod } from './support/cluster.ts';
import { context, depsOf, injectPod } from './support/fixtures.ts';
import { cluster, ownedCluster, SECRETS } from './support/generators.ts';
import { applyPatch } from './support/jsonPatch.ts';
import { kubeletEnv } from './support/kubelet.ts';
import { moment, vmcpPod } from './support/passes.ts';

const RUNS = { numRuns: 150 };

function inject(objects: readonly Raw[], pod: unknown = operatorMadePod()): Promise<Injection> {
  return injectPod(pod, 'apps', depsOf(documents(objects)), context());
}

function vmcpOf(pod: unknown) {
  return (pod as Pod).spec.containers[0];
}

interface Strategy {
  readonly headerInjection?: { readonly headerValueEnv: string };
}

interface Config {
  readonly backends: readonly { name: string; url: string; metadata?: Record<string, string> }[];
  readonly outgoingAuth: { default?: Strategy; backends?: Record<string, Strategy> };
}

function configOf(pod: unknown, version: '1.1' | '1.2' = '1.2'): Config {
  return parse((pod as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '', {
    version,
  }) as Config;
}

/** The Secrets with which the config calls each backend: with the header of its strategy, and those that it forwards. */
function secretsSent(pod: unknown): { readonly url: string; readonly secret: string }[] {
  const env = vmcpOf(pod)?.env ?? [];
  const secretOf = (variable: string) =>
    env.flatMap(({ name, valueFrom }) => (name === variable ? (valueFrom?.secretKeyRef?.name ?? []) : []));
  const { backends, outgoingAuth } = configOf(pod);
  return backends.flatMap(({ name, url }) => {
    const strategy = outgoingAuth.backends?.[name] ?? outgoingAuth.default;
    const manifest = env.find((item) => item.name === headerManifestEnv(name))?.value ?? '{}';
    const variables = [
      strategy?.headerInjection?.headerValueEnv ?? '',
      ...env.flatMap((item) =>
        manifest.includes(`"${item.name.slice(SECRET_PREFIX.length)}"`) ? item.name : [],
      ),
    ];
    return variables.flatMap(secretOf).map((secret) => ({ url, secret }));
  });
}

describe('injection into any cluster', () => {
  it('sends a Secret that the policy guards to its own hosts only, and the same Secrets as ever to them', () =>
    fc.assert(
      fc.asyncProperty(cluster, async (objects) => {
        const policy = policyOf('credentials: [{secret: apps/s1, hosts: [a.example]}]');
        const guarded = (sent: { url: string; secret: string }) => sent.secret === 's1';
        const deps = depsOf(documents(objects));
        const { pod } = await injectPod(operatorMadePod(), 'apps', { ...deps, policy }, context());
        const sent = secretsSent(pod).filter(guarded);
        expect(sent.filter(({ url }) => new URL(url).hostname !== 'a.example')).toEqual([]);
        const without = secretsSent((await inject(objects)).pod).filter(guarded);
        expect(without.filter(({ url }) => new URL(url).hostname === 'a.example')).toEqual(sent);
      }),
      RUNS,
    ));

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
        expect(configProblems(config, (variable) => Boolean(env.get(variable)))).toEqual([]);
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
        expect(configProblems(configOf(pod), (variable) => Boolean(env.get(variable)))).toEqual([]);
      }),
      RUNS,
    ));
});

describe('injection into a self-managed Pod of any cluster', () => {
  it('is settled after one pass, keeps its own backends, and is a config that the vMCP accepts', () =>
    fc.assert(
      fc.asyncProperty(ownedCluster, async (objects) => {
        const pod = selfManagedPod();
        const first = await inject(objects, pod);
        expect(first.decision).toBe('injected');
        const patched = applyPatch(pod, first.patch);
        expect((await inject(objects, patched)).patch).toEqual([]);
        const env = kubeletEnv(vmcpOf(patched)?.env, new Map());
        const config = configOf(patched);
        expect(configProblems(config, (variable) => Boolean(env.get(variable)))).toEqual([]);
        expect(config.backends.filter((backend) => backend.name === 'own')).toHaveLength(1);
        expect(config.backends.map((backend) => backend.name)).not.toContain('unset');
        expect(new Set(config.backends.map((backend) => backend.name)).size).toBe(config.backends.length);
      }),
      RUNS,
    ));
});

describe('injection of a Pod that was injected before', () => {
  /** Earlier passes over the Pod, each in a state of the cluster of its own, and what was different about the Pod then. */
  const history = fc.array(
    fc.record({
      objects: moment,
      secrets: fc.boolean(),
      change: fc.constantFrom('nothing', 'group', 'opt out'),
    }),
    { maxLength: 2 },
  );

  interface Metadata {
    annotations: Record<string, string>;
  }

  function changed(pod: Raw, change: string): Raw {
    const metadata = pod.metadata as Metadata;
    const annotations = { ...metadata.annotations };
    if (change === 'group') annotations['vmcp-admission.dev/group'] = 'other';
    if (change === 'opt out') annotations['vmcp-admission.dev/inject'] = 'disabled';
    return { ...pod, metadata: { ...metadata, annotations } };
  }

  async function passOver(pod: Raw, objects: readonly Raw[], secrets: boolean) {
    const injection = await injectPod(pod, 'apps', depsOf(documents(objects), secrets), context());
    return { injection, pod: applyPatch(pod, injection.patch) as Raw };
  }

  /** Set PASSES for a long run, and `--testTimeout` with it. */
  const numRuns = Number(process.env.PASSES ?? 200);

  it('gives in a second pass the answer of the first', async () => {
    const served = { operatorMade: 0, selfManaged: 0 };
    await fc.assert(
      fc.asyncProperty(vmcpPod, history, moment, fc.boolean(), async (given, before, objects, secrets) => {
        let pod = given;
        for (const { change, ...earlier } of before) {
          const passed = await passOver(changed(pod, change), earlier.objects, earlier.secrets);
          const { 'vmcp-admission.dev/inject': _, ...annotations } = (passed.pod.metadata as Metadata)
            .annotations;
          pod = { ...passed.pod, metadata: { ...(passed.pod.metadata as object), annotations } };
        }
        const first = await passOver(pod, objects, secrets);
        const second = await passOver(first.pod, objects, secrets);
        expect(second.injection.patch).toEqual([]);
        const { decision, reason, report } = first.injection;
        // Nothing is left to make optional.
        const again = decision === 'relaxed' ? 'skipped' : decision;
        expect(second.injection).toMatchObject({ decision: again, reason, report });
        const isOperatorMade = JSON.stringify(given.metadata).includes('virtualmcpserver');
        served[isOperatorMade ? 'operatorMade' : 'selfManaged'] += report?.placeholder === false ? 1 : 0;
      }),
      { numRuns },
    );
    expect(served.operatorMade).toBeGreaterThan(numRuns / 20);
    expect(served.selfManaged).toBeGreaterThan(numRuns / 20);
  });

  it('gives a self-managed Pod what one that was never injected gets', () =>
    fc.assert(
      fc.asyncProperty(vmcpPod, moment, moment, fc.boolean(), async (given, before, objects, secrets) => {
        const text = JSON.stringify(given);
        // A variable with the text of the placeholder counts as an earlier pass's.
        fc.pre(text.includes('vmcp-admission.dev/inject') && !text.includes('the-secret-is-missing'));
        const isBase = ({ kind }: Raw) => kind === 'ConfigMap';
        const earlier = [...before.filter((object) => !isBase(object)), ...objects.filter(isBase)];
        const direct = await passOver(given, objects, secrets);
        const again = await passOver((await passOver(given, earlier, secrets)).pod, objects, secrets);
        expect(again.injection.decision).toBe(direct.injection.decision);
        expect((again.pod.metadata as Metadata).annotations).toEqual(
          (direct.pod.metadata as Metadata).annotations,
        );
        const variables = (pod: Raw) =>
          vmcpOf(pod)
            ?.env?.map((item) => JSON.stringify(item))
            .sort();
        expect(variables(again.pod)).toEqual(variables(direct.pod));
      }),
      { numRuns },
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
