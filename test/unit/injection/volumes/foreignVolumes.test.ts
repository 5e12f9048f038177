import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Note } from '../../../../src/injection/report/reasons.ts';
import { baseConfigMap, configMap, documents, entry, GROUP, selfManagedPod } from '../support/cluster.ts';
import { context, depsOf, FIXTURES, injectPod } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';

const PEM = parseAllDocuments(readFileSync(join(FIXTURES, 'self-managed/input.yaml'), 'utf8'))
  .map((document) => document.toJS())
  .find(({ metadata }) => metadata.name === 'corp-ca').data['ca.crt'] as string;
const CLUSTER = documents([
  GROUP,
  baseConfigMap(),
  configMap('ca', { 'ca.crt': PEM }),
  configMap('foo', { 'x.crt': PEM }),
  entry('e1', { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } }),
]);

interface Spec {
  readonly containers: readonly { readonly name: string; readonly volumeMounts: readonly unknown[] }[];
  readonly volumes: readonly { readonly name: string }[];
}

/** The spec of the self-managed Pod with more of everything, injected; the same when that is injected again. */
async function inject(more: string): Promise<Spec> {
  return (await injectNoted(more)).spec;
}

/** The same with the notes of the report. */
async function injectNoted(
  more: string,
): Promise<{ readonly spec: Spec; readonly notes: readonly Note[] | undefined }> {
  const { volumes = [], mounts = [], containers = [], ...rest } = parse(more) as Record<string, unknown[]>;
  const pod = structuredClone(selfManagedPod()) as unknown as { spec: Record<string, unknown[]> };
  pod.spec = {
    ...pod.spec,
    ...rest,
    volumes: [...(pod.spec.volumes ?? []), ...volumes],
    containers: [...(pod.spec.containers ?? []), ...containers],
  };
  const [vmcp] = pod.spec.containers as { volumeMounts: unknown[] }[];
  vmcp?.volumeMounts.push(...mounts);
  const first = await injectPod(pod, 'apps', depsOf(CLUSTER), context());
  expect(first.decision).toBe('injected');
  expect(first.report?.backends).toEqual(['e1']);
  const applied = applyPatch(pod, first.patch);
  expect((await injectPod(applied, 'apps', depsOf(CLUSTER), context())).patch).toEqual([]);
  return { spec: (applied as { spec: Spec }).spec, notes: first.report?.notes };
}

const BUNDLE = { configMap: { name: 'ca', items: [{ key: 'ca.crt', path: 'ca.crt' }], optional: true } };

describe('volumes that other containers use', () => {
  it.each([
    ['a sidecar', 'containers: [{name: s, volumeMounts: [{name: ca-bundle-e1, mountPath: /certs}]}]'],
    [
      'an init container',
      'initContainers: [{name: s, volumeMounts: [{name: ca-bundle-e1, mountPath: /certs}]}]',
    ],
    [
      'an ephemeral container',
      'ephemeralContainers: [{name: s, volumeMounts: [{name: ca-bundle-e1, mountPath: /certs}]}]',
    ],
    [
      'the vMCP at another path',
      'mounts: [{name: ca-bundle-e1, mountPath: /etc/toolhive/ca-bundles/e1}, {name: ca-bundle-e1, mountPath: /certs}]',
    ],
    [
      'a sidecar and the vMCP',
      'containers: [{name: s, volumeMounts: [{name: ca-bundle-e1, mountPath: /certs}]}]\nmounts: [{name: ca-bundle-e1, mountPath: /etc/toolhive/ca-bundles/e1}]',
    ],
  ])('keep their ConfigMap when it is %s that mounts them', async (_, users) => {
    const { containers, volumes } = await inject(
      `${users}\nvolumes: [{name: ca-bundle-e1, configMap: {name: foo}}]`,
    );
    expect(volumes.find(({ name }) => name === 'ca-bundle-e1')).toEqual({
      name: 'ca-bundle-e1',
      configMap: { name: 'foo' },
    });
    const name = expect.stringMatching(/^ca-bundle-e1-[0-9a-f]{32}$/);
    expect(volumes.at(-1)).toEqual({ name, ...BUNDLE });
    expect(containers[0]?.volumeMounts).toContainEqual({
      name,
      mountPath: '/etc/toolhive/ca-bundles/e1',
      readOnly: true,
    });
  });

  it('are shared when they are what the entry needs, ours of an earlier pass included', async () => {
    const { volumes } = await inject(
      'containers: [{name: s, volumeMounts: [{name: ca-bundle-e1, mountPath: /certs}]}]',
    );
    expect(volumes.at(-1)).toEqual({ name: 'ca-bundle-e1', ...BUNDLE });
  });

  it('are taken over when nothing uses them', async () => {
    const { volumes } = await inject('volumes: [{name: ca-bundle-e1, configMap: {name: foo}}]');
    expect(volumes.map(({ name }) => name)).toEqual(['vmcp-config', 'ca-bundle-e1', 'vmcp-admission-config']);
    expect(volumes[1]).toEqual({ name: 'ca-bundle-e1', ...BUNDLE });
  });

  it.each([
    [
      'a sidecar',
      'containers: [{name: s, volumeMounts: [{name: vmcp-admission-config, mountPath: /tmp/x}]}]',
    ],
    ['the vMCP', 'mounts: [{name: vmcp-admission-config, mountPath: /tmp/x}]'],
  ])('are not replaced by the config when %s uses their name', async (_, users) => {
    const { containers, volumes } = await inject(
      `${users}\nvolumes: [{name: vmcp-admission-config, emptyDir: {}}, {name: vmcp-admission-config-3, emptyDir: {}}]`,
    );
    expect(volumes.find(({ name }) => name === 'vmcp-admission-config')).toEqual({
      name: 'vmcp-admission-config',
      emptyDir: {},
    });
    expect(volumes.map(({ name }) => name)).toContain('vmcp-admission-config-2');
    expect(containers[0]?.volumeMounts[0]).toEqual({
      name: 'vmcp-admission-config-2',
      mountPath: '/etc/vmcp-config',
      readOnly: true,
    });
  });
});

describe('a mount that stands where a CA bundle belongs', () => {
  it.each(['subPath', 'subPathExpr'])('loses its %s, which would hide the file', async (field) => {
    const { containers } = await inject(
      `volumes: [{name: ca-bundle-e1, configMap: {name: foo}}]\nmounts: [{name: ca-bundle-e1, mountPath: /etc/toolhive/ca-bundles/e1/, ${field}: x.crt, mountPropagation: None}]`,
    );
    expect(containers[0]?.volumeMounts[1]).toEqual({
      name: 'ca-bundle-e1',
      mountPath: '/etc/toolhive/ca-bundles/e1/',
      mountPropagation: 'None',
      readOnly: true,
    });
  });

  it.each([
    ['of a name of its own', 'mine', '{configMap: {name: foo}}'],
    ['that is no ConfigMap', 'ca-bundle-e1', '{secret: {secretName: foo}}'],
    ['of another entry', 'ca-bundle-e2', '{configMap: {name: foo}}'],
  ])('stays when it is of a volume %s, and the report says so', async (_, name, source) => {
    const { spec, notes } = await injectNoted(
      `volumes: [{name: ${name}, ${source.slice(1, -1)}}]\nmounts: [{name: ${name}, mountPath: /etc/toolhive/ca-bundles/e1}]`,
    );
    expect(spec.containers[0]?.volumeMounts[1]).toEqual({ name, mountPath: '/etc/toolhive/ca-bundles/e1' });
    expect(spec.volumes.map((volume) => volume.name)).toEqual(['vmcp-config', name, 'vmcp-admission-config']);
    expect(spec.volumes[1]).toEqual({ name, ...(parse(source) as object) });
    expect(notes).toEqual([
      {
        kind: 'MCPServerEntry',
        name: 'e1',
        reason: 'ca-unverified',
        message: `the container mounts volume "${name}" at /etc/toolhive/ca-bundles/e1 itself; that volume was left as it is and not verified`,
      },
    ]);
  });

  it.each([
    ['in the directory', '/etc/toolhive/ca-bundles/e1/sub/', '{configMap: {name: foo}}', ''],
    [
      'of a file in the directory',
      '/etc/toolhive/ca-bundles/e1/x.crt',
      '{configMap: {name: foo}}',
      ', subPath: x.crt',
    ],
    ['of a ConfigMap above', '/etc/toolhive/ca-bundles', '{configMap: {name: foo}}', ''],
    ['of a Secret above', '/etc//toolhive', '{secret: {secretName: foo}}', ''],
    ['of a projected volume above', '/etc', '{projected: {sources: []}}', ''],
    ['that is read-only above', '/etc/toolhive', '{emptyDir: {}}', ', readOnly: true'],
  ])('stays alone when it is one %s, where no other can be made', async (_, path, source, more) => {
    const { spec, notes } = await injectNoted(
      `volumes: [{name: mine, ${source.slice(1, -1)}}]\nmounts: [{name: mine, mountPath: ${path}${more}}]`,
    );
    expect(spec.volumes.map(({ name }) => name)).toEqual(['vmcp-config', 'mine', 'vmcp-admission-config']);
    expect(spec.containers[0]?.volumeMounts).toHaveLength(2);
    expect(notes?.map(({ name, reason }) => [name, reason])).toEqual([['e1', 'ca-unverified']]);
  });

  it.each([
    ['a writable volume above', '/etc/toolhive'],
    ['a volume beside it', '/etc/toolhive/ca-bundles/e10'],
  ])('is added in %s', async (_, path) => {
    const { spec, notes } = await injectNoted(
      `volumes: [{name: mine, emptyDir: {}}]\nmounts: [{name: mine, mountPath: ${path}}]`,
    );
    expect(spec.containers[0]?.volumeMounts.at(-1)).toMatchObject({
      mountPath: '/etc/toolhive/ca-bundles/e1',
    });
    expect(notes).toEqual([]);
  });
});
