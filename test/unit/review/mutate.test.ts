import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/admission/outcome.ts';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import type { Catalog, NamespaceView } from '../../../src/catalog/catalog.ts';
import type { InjectionSettings } from '../../../src/injection/contract.ts';
import type { Pod } from '../../../src/injection/pod/pod.ts';
import { EXCLUSION_REASONS, POD_REASONS } from '../../../src/injection/report/reasons.ts';
import { mutateReviewer } from '../../../src/review/mutate.ts';
import type { ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  virtualServer,
} from '../injection/support/cluster.ts';
import { context, depsOf } from '../injection/support/fixtures.ts';
import { applyPatch } from '../injection/support/jsonPatch.ts';

const CLUSTER = [GROUP, virtualServer(), baseConfigMap(), entry('one')];

function request(object: unknown, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'u',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace: 'apps',
    operation: 'CREATE',
    object,
    oldObject: undefined,
    ...more,
  };
}

function review(
  object: unknown,
  objects: readonly Raw[] = CLUSTER,
  more: Partial<AdmissionRequest> = {},
  catalog: Partial<Catalog> = {},
  settings: Partial<InjectionSettings> = {},
): Promise<Outcome> {
  const deps = depsOf(documents(objects));
  return mutateReviewer({
    ...deps,
    catalog: { ...deps.catalog, ...catalog },
    settings: { ...deps.settings, ...settings },
  })(request(object, more), context());
}

function configOf(pod: unknown, outcome: Outcome): string {
  const patched = outcome.kind === 'patched' ? applyPatch(pod, outcome.patch) : pod;
  return (patched as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '';
}

describe('the mutating webhook', () => {
  it('keeps no more of a group than a name can have, for the log and the audit log', async () => {
    const pod = selfManagedPod();
    const metadata = pod.metadata as { annotations: Record<string, string> };
    const annotations = { ...metadata.annotations, 'vmcp-admission.dev/group': 'a\nb'.repeat(50_000) };
    const { audit } = await review({ ...pod, metadata: { ...metadata, annotations } });
    expect(audit.group).toMatch(/^a ba b[^\n]{0,250}$/);
  });

  it.each([
    ['group', selfManagedPod(), 'annotations', 'vmcp-admission.dev/group'],
    ['VirtualMCPServer', operatorMadePod(), 'labels', 'app.kubernetes.io/instance'],
  ] as const)('shows no credential in the place of the name of a %s', async (_, pod, map, key) => {
    const metadata = pod.metadata as Record<string, Record<string, string>>;
    const pasted = { ...metadata[map], [key]: 'Authorization: Bearer sk-live-9f8e7d6c5b4a39281706f5e4' };
    const outcome = await review({ ...pod, metadata: { ...metadata, [map]: pasted } });
    expect(outcome.reasons.join()).toMatch(/unknown/);
    expect(JSON.stringify(outcome)).not.toContain('9f8e7d6c');
  });

  it('fills an operator-made Pod and says in the audit log who serves what', async () => {
    const outcome = await review(operatorMadePod(), [
      ...CLUSTER,
      entry('bad', { remoteUrl: 'http://localhost/' }),
    ]);
    expect(outcome).toMatchObject({
      kind: 'patched',
      reasons: ['injected', 'entry-denied'],
      audit: {
        decision: 'injected',
        reason: 'injected',
        group: 'team',
        'virtual-server': 'team-vmcp',
        served: '1',
        'left-out': 'bad=entry-denied',
      },
    });
    expect(outcome.warnings[0]).toContain('MCPServerEntry "bad" is not served (entry-denied)');
  });

  it('takes the namespace from the request, since a Pod may not name it', async () => {
    const pod = operatorMadePod();
    const { namespace: _, ...metadata } = pod.metadata as Record<string, unknown>;
    expect((await review({ ...pod, metadata })).kind).toBe('patched');
  });

  it.each([
    ['an update', operatorMadePod(), { operation: 'UPDATE' }, 'not-a-creation'],
    ['a subresource', operatorMadePod(), { subResource: 'binding' }, 'not-a-creation'],
    [
      'another kind',
      operatorMadePod(),
      { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } },
      'kind-not-reviewed',
    ],
    ['a foreign Pod', { kind: 'Pod', metadata: { labels: { app: 'shop' } }, spec: {} }, {}, 'not-a-vmcp-pod'],
    ['a Pod without anything', {}, {}, 'not-a-vmcp-pod'],
    ['something that is no object', 'Pod', {}, 'not-a-vmcp-pod'],
  ] as const)('lets %s pass untouched', async (_, pod, more, reason) => {
    expect(await review(pod, CLUSTER, more as Partial<AdmissionRequest>)).toMatchObject({
      kind: 'allowed',
      reasons: [reason],
      warnings: [],
    });
  });

  it('refuses a self-managed Pod whose group does not exist, with the field to mend', async () => {
    const pod = {
      metadata: {
        labels: { 'vmcp-admission.dev/inject': 'enabled' },
        annotations: { 'vmcp-admission.dev/group': 'x' },
      },
      spec: { containers: [] },
    };
    expect(await review(pod)).toMatchObject({
      kind: 'denied',
      causes: [
        { field: 'metadata.annotations[vmcp-admission.dev/group]', message: expect.stringContaining('"x"') },
      ],
      reasons: ['group-unknown'],
    });
  });

  it('answers 400 to a review without an object', async () => {
    expect(await review(undefined)).toMatchObject({ kind: 'errored', code: 400 });
  });

  it.each(['allow', 'refuse'] as const)(
    'leaves the decision to failurePolicy when the base config cannot be read, with --unusable-config %s',
    async (unusableConfig) => {
      const configMap: Catalog['configMap'] = async () => ({ state: 'unavailable', reason: 'timed out' });
      expect(await review(operatorMadePod(), CLUSTER, {}, { configMap }, { unusableConfig })).toMatchObject({
        kind: 'errored',
        code: 503,
        message: expect.stringContaining('could not be read: timed out'),
      });
    },
  );

  it('uses reasons from its closed sets only', async () => {
    const known = new Set([...Object.keys(POD_REASONS), ...Object.keys(EXCLUSION_REASONS)]);
    for (const objects of [
      CLUSTER,
      [],
      [GROUP, virtualServer()],
      [GROUP, virtualServer(), baseConfigMap()],
    ]) {
      const { reasons } = await review(operatorMadePod(), objects);
      for (const reason of reasons) expect(known).toContain(reason);
    }
  });
});

describe('a catalog that is behind', () => {
  const LISTED = {
    name: 'team-vmcp',
    groupRef: 'team',
    backends: [
      {
        name: 'new',
        url: 'https://new.example/mcp',
        transport: 'sse',
        metadata: { workload_type: 'server_entry' },
      },
    ],
    incomingAuth: { type: 'anonymous' },
    outgoingAuth: { source: 'inline' },
    aggregation: { conflictResolution: 'prefix', conflictResolutionConfig: { prefixFormat: 'x' } },
  };

  function behind(
    fresh: readonly Raw[],
    stale: readonly Raw[],
    pod = operatorMadePod(),
    change: Record<string, unknown> = {},
  ) {
    const reads: string[] = [];
    const source = depsOf(documents(fresh)).catalog.namespace('apps');
    const live: NonNullable<Catalog['live']> = async (kind, _, name) => {
      reads.push(`${kind}/${name}`);
      const known: Partial<Record<ToolhiveKind, unknown>> = {
        MCPServerEntry: source.entry(name),
        VirtualMCPServer: source.virtualServer(name),
        MCPGroup: source.group(name),
      };
      const found = known[kind];
      return (found ? { state: 'found', value: found } : { state: 'missing' }) as never;
    };
    return { reads, outcome: review(pod, [...stale, baseConfigMap({ ...LISTED, ...change })], {}, { live }) };
  }

  it('is asked live about a backend that the base config lists and it does not know', async () => {
    const { reads, outcome } = behind([entry('new')], [GROUP, virtualServer()]);
    expect((await outcome).audit).toMatchObject({ served: '1', 'left-out': 'none' });
    expect(reads).toEqual(['MCPServerEntry/new']);
  });

  it('is asked about each name once, about no impossible one, and about 256 objects at most', async () => {
    const names = [...Array.from({ length: 200 }, (_, index) => `n${index}`), '../../secrets/x', '', 'Upper'];
    const backends = [...names, ...names].map((name) => ({ name }));
    const { reads, outcome } = behind([], [GROUP, virtualServer()], operatorMadePod(), { backends });
    await outcome;
    expect(reads).toHaveLength(256);
    expect(new Set(reads).size).toBe(256);
    expect(reads.filter((read) => !/^\w+\/n\d+$/.test(read))).toEqual([]);
  });

  it('is asked live about an entry that it holds as not Valid', async () => {
    const { outcome } = behind(
      [entry('new')],
      [GROUP, virtualServer(), { ...entry('new'), status: { phase: 'Failed' } }],
    );
    expect((await outcome).audit).toMatchObject({ served: '1' });
  });

  it('is not believed to have what the live read does not give, nor what left the group', async () => {
    expect((await behind([], [GROUP, virtualServer()]).outcome).audit).toMatchObject({
      served: '0',
      'left-out': 'new=base-backend-unknown',
    });
    const moved = entry('new', { groupRef: { name: 'other' } });
    expect((await behind([moved], [GROUP, virtualServer()]).outcome).audit).toMatchObject({ served: '0' });
  });

  it('is asked live about the group of a self-managed Pod, which may have come with the Pod', async () => {
    const { reads, outcome } = behind([GROUP], [entry('new')], selfManagedPod());
    const { audit, warnings } = await outcome;
    expect(audit).toMatchObject({ reason: 'injected' });
    expect(JSON.stringify(warnings)).not.toContain('does not exist');
    expect(reads).toEqual(['MCPGroup/team']);
    expect(await behind([], [entry('new')], selfManagedPod()).outcome).toMatchObject({ kind: 'denied' });
  });

  it('is not said to lack a group that cannot be read', async () => {
    const live: NonNullable<Catalog['live']> = async () => ({
      state: 'unavailable',
      reason: 'no answer in 2 s',
    });
    expect(await review(selfManagedPod(), [entry('new'), baseConfigMap(LISTED)], {}, { live })).toMatchObject(
      {
        kind: 'errored',
        code: 503,
        message: expect.stringContaining(
          'MCPGroup "team" is not known yet and cannot be read (no answer in 2 s)',
        ),
      },
    );
  });

  it('is not said to lack a VirtualMCPServer or a backend that cannot be read', async () => {
    const live: NonNullable<Catalog['live']> = async () => ({ state: 'unavailable', reason: 'refused' });
    expect(await review(operatorMadePod(), [GROUP, baseConfigMap(LISTED)], {}, { live })).toMatchObject({
      kind: 'errored',
      code: 503,
      message: expect.stringContaining(
        'VirtualMCPServer "team-vmcp" is not known yet and cannot be read (refused)',
      ),
    });
    const stored = [GROUP, virtualServer(), baseConfigMap(LISTED)];
    const { audit, warnings } = await review(operatorMadePod(), stored, {}, { live });
    expect(audit).toMatchObject({ 'left-out': 'new=base-backend-unknown' });
    expect(JSON.stringify(warnings)).toMatch(/new.*could not be read from the API server \(refused\)/);
  });

  it('is asked live about the VirtualMCPServer of a Pod', async () => {
    const { outcome } = behind([virtualServer()], [GROUP, entry('new')]);
    expect((await outcome).audit).toMatchObject({ served: '1' });
  });

  it('may hear of the whole namespace while it is asked live about the group', async () => {
    const [before, after] = [[], [GROUP, entry('new')]].map((objects) => depsOf(documents(objects)).catalog);
    let now = before;
    const live: NonNullable<Catalog['live']> = async () => {
      now = after;
      return { state: 'found', value: after?.namespace('apps').group('team') } as never;
    };
    const namespace = (name: string) => now?.namespace(name) as NamespaceView;
    const outcome = await review(selfManagedPod(), [baseConfigMap()], {}, { live, namespace });
    expect(outcome.audit).toMatchObject({ served: '1' });
  });
});

describe('the size of the annotations', () => {
  const many = (count: number, size: number) =>
    Array.from({ length: count }, (_, index) => entry(`entry-${index}`, {}, { note: 'é'.repeat(size / 2) }));

  function bytesOf(pod: unknown, outcome: Outcome): number {
    const patched = applyPatch(pod, outcome.kind === 'patched' ? outcome.patch : []) as Pod;
    return Object.entries(patched.metadata?.annotations ?? {})
      .map(([key, value]) => Buffer.byteLength(key) + Buffer.byteLength(value))
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  it('is brought under the limit by leaving copied annotations out, the report saying so', async () => {
    const pod = operatorMadePod({ annotations: { own: 'x'.repeat(50_000) } });
    const outcome = await review(pod, [GROUP, virtualServer(), baseConfigMap(), ...many(40, 10_000)]);
    expect(bytesOf(pod, outcome)).toBeLessThanOrEqual(262_144);
    expect(outcome.audit).toMatchObject({ served: '40' });
    const patched = applyPatch(pod, outcome.kind === 'patched' ? outcome.patch : []) as Pod;
    expect(patched.metadata?.annotations?.['vmcp-admission.dev/report']).toContain('metadata-trimmed');
  });

  it('may be the limit to the byte, and not one more', async () => {
    const objects = [...CLUSTER];
    const plain = operatorMadePod({ annotations: { own: '' } });
    const used = bytesOf(plain, await review(plain, objects));
    const full = operatorMadePod({ annotations: { own: 'x'.repeat(262_144 - used) } });
    const fits = await review(full, objects);
    expect(bytesOf(full, fits)).toBe(262_144);
    expect(configOf(full, fits)).toBe(configOf(plain, await review(plain, objects)));
  });

  it('leaves the Pod as it is, with a warning, when nothing more can be left out', async () => {
    const pod = operatorMadePod({ annotations: { own: 'x'.repeat(262_000) } });
    expect(await review(pod)).toMatchObject({
      kind: 'allowed',
      reasons: ['config-too-large'],
      warnings: [expect.stringMatching(/^config-too-large: .* 262144 are allowed/)],
    });
  });
});

describe('Secrets under the opt-in', () => {
  const objects = [
    GROUP,
    virtualServer(),
    baseConfigMap(),
    entry('with', {
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 's', key: 'k' } }],
      },
    }),
    entry('without', {
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 'gone', key: 'k' } }],
      },
    }),
    entry('empty', {
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 's', key: 'empty' } }],
      },
    }),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'apps' },
      stringData: { k: 'v', empty: '' },
    },
  ];

  it('leave a backend out whose Secret, key or value is missing', async () => {
    const outcome = await mutateReviewer(depsOf(documents(objects), true))(
      request(operatorMadePod()),
      context(),
    );
    expect(outcome.audit['left-out']).toBe('empty=header-secret-missing,without=header-secret-missing');
  });

  it('are not looked at without it', async () => {
    expect((await review(operatorMadePod(), objects)).audit).toMatchObject({ served: '3' });
  });
});
