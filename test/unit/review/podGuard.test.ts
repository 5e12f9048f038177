import { describe, expect, it } from 'vitest';
import { podGuardReviewer } from '../../../src/review/podGuard.ts';
import { context } from '../injection/support/fixtures.ts';

type Annotations = Record<string, string> | undefined;

function update(before: Annotations, after: Annotations, more: Record<string, unknown> = {}) {
  const pod = (annotations: Annotations) => ({ metadata: { ...(annotations && { annotations }), ...more } });
  return podGuardReviewer()(
    {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      namespace: 'apps',
      operation: 'UPDATE',
      object: pod(after),
      oldObject: pod(before),
    },
    context(),
  );
}

const INJECTED = { 'vmcp-admission.dev/config.yaml': 'a: 1', 'vmcp-admission.dev/report': '{}', other: 'x' };

describe('the update of an injected Pod', () => {
  it.each<[string, Annotations]>([
    ['changed', { ...INJECTED, 'vmcp-admission.dev/config.yaml': 'a: 2' }],
    ['removed', { 'vmcp-admission.dev/report': '{}' }],
    ['emptied with all others', undefined],
    ['joined by another of ours', { ...INJECTED, 'vmcp-admission.dev/inject': 'disabled' }],
  ])('is denied when an annotation of ours is %s', async (_, after) => {
    const outcome = await update(INJECTED, after);
    expect(outcome).toMatchObject({ kind: 'denied', reasons: ['pin-changed'] });
    if (outcome.kind === 'denied')
      expect(outcome.causes[0]?.field).toMatch(/^metadata\.annotations\[vmcp-admission/);
  });

  it('passes when only other annotations change', async () => {
    expect((await update(INJECTED, { ...INJECTED, other: 'y' })).kind).toBe('allowed');
  });

  it('passes while the Pod is being deleted', async () => {
    const deleting = { deletionTimestamp: '2027-01-01T00:00:00Z' };
    expect((await update(INJECTED, undefined, deleting)).kind).toBe('allowed');
  });
});

describe('the labels that guard an injected Pod', () => {
  const OPERATOR = { 'app.kubernetes.io/name': 'virtualmcpserver', 'toolhive-name': 'team' };
  const SELF = { 'vmcp-admission.dev/inject': 'enabled' };
  type Labels = Record<string, string>;

  function relabel(before: Labels, after: Labels, annotations: Annotations = INJECTED) {
    const pod = (labels: Labels) => ({ metadata: { labels, annotations } });
    return podGuardReviewer()(
      {
        uid: 'u',
        kind: { group: '', version: 'v1', kind: 'Pod' },
        namespace: 'apps',
        operation: 'UPDATE',
        object: pod(after),
        oldObject: pod(before),
      },
      context(),
    );
  }

  it.each<[string, Labels, Labels, string[]]>([
    ['of the operator is removed', OPERATOR, {}, ['app.kubernetes.io/name']],
    [
      'of the operator gets another value',
      OPERATOR,
      { ...OPERATOR, 'app.kubernetes.io/name': 'x' },
      ['app.kubernetes.io/name'],
    ],
    ['of a self-managed Pod is removed', SELF, { a: 'b' }, ['vmcp-admission.dev/inject']],
    [
      'of a self-managed Pod gets another value',
      SELF,
      { 'vmcp-admission.dev/inject': 'disabled' },
      ['vmcp-admission.dev/inject'],
    ],
    [
      'of either kind is removed',
      { ...OPERATOR, ...SELF },
      {},
      ['app.kubernetes.io/name', 'vmcp-admission.dev/inject'],
    ],
  ])('must stay: denied when the one %s', async (_, before, after, keys) => {
    expect(await relabel(before, after)).toMatchObject({
      kind: 'denied',
      reasons: ['guard-lost'],
      causes: keys.map((key) => ({ field: `metadata.labels[${key}]` })),
    });
  });

  it.each<[string, Labels, Labels, Annotations]>([
    ['another label changes', OPERATOR, { 'app.kubernetes.io/name': 'virtualmcpserver' }, INJECTED],
    ['a label that guards is added', {}, OPERATOR, INJECTED],
    ['the label had a value that guards nothing', { 'app.kubernetes.io/name': 'x' }, {}, INJECTED],
    ['the Pod was never injected', OPERATOR, {}, { 'vmcp-admission.dev/inject': 'disabled' }],
    ['the Pod has no annotations', OPERATOR, {}, {}],
  ])('are not the subject when %s', async (_, before, after, annotations) => {
    expect((await relabel(before, after, annotations)).kind).toBe('allowed');
  });
});
