import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/admission/outcome.ts';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import { ReadyGate } from '../../../src/catalog/catalog.ts';
import { mutateReviewer } from '../../../src/review/mutate.ts';
import { validateReviewer } from '../../../src/review/validate.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  virtualServer,
} from '../injection/support/cluster.ts';
import { depsOf, NOW } from '../injection/support/fixtures.ts';

const POD = { group: '', version: 'v1', kind: 'Pod' };
const ENTRY = { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPServerEntry' };

/** Both webhooks over a catalog that is complete once the gate is opened. */
function webhooks() {
  const gate = new ReadyGate();
  const controller = new AbortController();
  let asked = 0;
  const context = {
    now: NOW,
    get signal() {
      asked++;
      return controller.signal;
    },
  };
  const deps = depsOf(documents([GROUP, virtualServer(), baseConfigMap(), entry('one')]));
  const catalog = { ...deps.catalog, readiness: gate };
  const reviewers = { [POD.kind]: mutateReviewer({ ...deps, catalog }) };
  const review = (kind: typeof POD, object: unknown, more: Partial<AdmissionRequest> = {}) =>
    (reviewers[kind.kind] ?? validateReviewer({ ...deps, catalog }))(
      { uid: 'u', kind, namespace: 'apps', operation: 'CREATE', object, oldObject: undefined, ...more },
      context,
    );
  return { gate, controller, review, asked: () => asked };
}

async function settled(outcome: Promise<Outcome>): Promise<boolean> {
  let done = false;
  void outcome.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

const annotated = (annotations: object) => {
  const pod = operatorMadePod() as unknown as { metadata: { annotations?: object } };
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } },
  };
};

describe('before the first complete list', () => {
  it.each([
    ['an entry', ENTRY, entry('one'), 'allowed'],
    ['a vMCP Pod', POD, operatorMadePod(), 'patched'],
  ])('%s waits, and is decided when the catalog is complete', async (_, kind, object, wanted) => {
    const { gate, review } = webhooks();
    const outcome = review(kind, object);
    expect(await settled(outcome)).toBe(false);
    gate.open();
    expect((await outcome).kind).toBe(wanted);
  });

  it.each([
    ['an entry', ENTRY, entry('one')],
    ['a vMCP Pod', POD, operatorMadePod()],
  ])('%s is answered 503 with a remedy when its deadline is near', async (_, kind, object) => {
    const { controller, review } = webhooks();
    const outcome = review(kind, object);
    controller.abort();
    expect(await outcome).toMatchObject({
      kind: 'errored',
      code: 503,
      message: expect.stringContaining('try again'),
    });
  });

  it.each([
    ['a Pod that is not ours', POD, { metadata: { name: 'x' }, spec: { containers: [] } }, {}],
    ['an opted-out Pod', POD, annotated({ 'vmcp-admission.dev/inject': 'disabled' }), {}],
    ['a deletion', ENTRY, undefined, { operation: 'DELETE', oldObject: entry('one') }],
    ['an object of another kind', ENTRY, { apiVersion: 'v1', kind: 'Other' }, {}],
    [
      'an object that is being deleted',
      ENTRY,
      { ...entry('one'), metadata: { name: 'one', deletionTimestamp: '2027-01-01T00:00:00Z' } },
      { operation: 'UPDATE', oldObject: entry('one') },
    ],
    ['a malformed entry', ENTRY, { ...entry('one'), spec: { remoteUrl: 5 } }, {}],
  ] as const)('%s is answered at once', async (_, kind, object, more) => {
    const { review } = webhooks();
    expect(['allowed', 'denied', 'patched']).toContain((await review(kind, object, more)).kind);
  });
});

describe('in a namespace that the catalog does not follow', () => {
  const review = async (kind: typeof POD, object: unknown, more: Partial<AdmissionRequest> = {}) => {
    const deps = depsOf(documents([]));
    const catalog = { ...deps.catalog, follows: (namespace: string) => namespace === 'other' };
    const reviewer =
      kind === POD ? mutateReviewer({ ...deps, catalog }) : validateReviewer({ ...deps, catalog });
    const request = {
      uid: 'u',
      kind,
      namespace: 'apps',
      operation: 'CREATE',
      object,
      oldObject: undefined,
    } as const;
    return reviewer({ ...request, ...more }, { now: NOW, signal: new AbortController().signal });
  };

  it.each([
    ['an entry', ENTRY, entry('one')],
    ['a vMCP Pod', POD, operatorMadePod()],
  ])(
    '%s is answered 503 with a remedy, not judged as if nothing else were there',
    async (_, kind, object) => {
      expect(await review(kind, object)).toMatchObject({
        kind: 'errored',
        code: 503,
        message: expect.stringContaining('Namespace "apps" is not among --namespaces'),
      });
    },
  );

  it.each([
    ['an opted-out Pod', POD, annotated({ 'vmcp-admission.dev/inject': 'disabled' }), {}],
    ['a deletion', ENTRY, undefined, { operation: 'DELETE', oldObject: entry('one') }],
  ] as const)('%s passes', async (_, kind, object, more) => {
    expect(['allowed', 'patched']).toContain((await review(kind, object, more)).kind);
  });
});

it('a review of a complete catalog does not ask for its deadline', async () => {
  const { gate, review, asked } = webhooks();
  gate.open();
  await review(ENTRY, entry('one'));
  expect(asked()).toBe(0);
});

it('who waited is forgotten when the deadline ends it, and opening later changes nothing for it', async () => {
  const gate = new ReadyGate();
  const controller = new AbortController();
  const waited = gate.wait(controller.signal);
  controller.abort();
  expect(await waited).toBe(false);
  expect(await gate.wait(controller.signal)).toBe(false);
  gate.open();
  expect(await gate.wait(controller.signal)).toBe(true);
});
