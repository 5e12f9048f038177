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
