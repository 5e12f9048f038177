import { expect, it } from 'vitest';
import type { ApiObject } from '../support/cluster/objectApi.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from '../unit/injection/support/cluster.ts';
import { fixtureNames, injectAll, readFixture } from '../unit/injection/support/fixtures.ts';
import { describeOnCluster } from './harness/cluster.ts';

interface Metadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What restricted Pod Security asks of every container; the fixtures leave it out where they are about other things. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
  capabilities: { drop: ['ALL'] },
};

type Container = Record<string, unknown>;

function restricted(container: Container): Container {
  return {
    image: 'example.com/vmcp',
    ...container,
    securityContext: { ...RESTRICTED, ...(container.securityContext as object | undefined) },
  };
}

/** The Pod with an image and a security context where it has none, without the labels by which a webhook would find it. */
function creatable(pod: unknown, namespace: string): ApiObject & { readonly spec: object } {
  const { metadata, spec } = pod as {
    metadata: Metadata;
    spec: { containers: readonly Container[]; initContainers?: readonly Container[] };
  };
  const { name, generateName, annotations } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...(name ? { name } : { generateName }), namespace, annotations },
    spec: {
      ...spec,
      containers: spec.containers.map(restricted),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(restricted) }),
    },
  };
}

describeOnCluster('what inject makes of a Pod', ({ objects, newNamespace }) => {
  it.each(fixtureNames())(
    'is a Pod to the API server, under restricted Pod Security: %s',
    async (fixture) => {
      const namespace = await newNamespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
      const filled = (await injectAll(readFixture(fixture))).filter(
        ({ injection }) => injection.decision === 'injected' || injection.decision === 'relaxed',
      );
      for (const { injection } of filled) {
        const pod = creatable(injection.pod, namespace);
        const created = await (await objects()).create(pod);
        expect(created).toMatchObject({ status: 201 });
        // A secret's placeholder and its optional reference share a name on purpose; there is nothing else to warn of.
        const warnings = created.warnings.filter((text) => !text.includes('hides previous definition'));
        expect(warnings).toEqual([]);
        const stored = JSON.parse(created.body) as { metadata: Metadata };
        expect(stored.metadata.annotations).toEqual(
          (injection.pod as { metadata: Metadata }).metadata.annotations,
        );
      }
    },
  );

  // So that a real cluster can play them. What our own rules deny is in some of them on purpose; their messages end with an id.
  it.each(fixtureNames())('starts from objects that the API server accepts: %s', async (fixture) => {
    const namespace = await newNamespace();
    const refusals: string[] = [];
    for (const { object } of readFixture(fixture)) {
      const metadata = { ...(object.metadata as Metadata), namespace, labels: undefined };
      const created = await (await objects()).create({ ...object, metadata }, 'fieldValidation=Strict');
      if (created.status === 201) continue;
      const { message } = JSON.parse(created.body) as { readonly message: string };
      if (!/\[[a-z]+(-[a-z]+)+\]\s*$/.test(message)) refusals.push(message);
    }
    expect(refusals).toEqual([]);
  });

  it('is a Pod that etcd stores when a group has more headers than fit', async () => {
    const namespace = await newNamespace();
    const header = (index: number) => [`X-Header-${index}`, 'x'.repeat(8_000)];
    const addPlaintextHeaders = Object.fromEntries(Array.from({ length: 15 }, (_, index) => header(index)));
    const entries = Array.from({ length: 14 }, (_, index) =>
      entry(`e${index}`, { headerForward: { addPlaintextHeaders } }),
    );
    const group = documents([GROUP, virtualServer(), baseConfigMap(), operatorMadePod(), ...entries]);
    const [filled] = await injectAll(group);
    expect(filled?.injection.report?.backends).toHaveLength(10);
    const created = await (await objects()).create(creatable(filled?.injection.pod, namespace));
    expect(created).toMatchObject({ status: 201 });
  });
});
