import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../src/admission/cause.ts';
import { allowed, denied, patched } from '../../../src/admission/outcome.ts';
import { reviewText, toReview } from '../../../src/admission/response.ts';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import { oneLine } from '../../../src/text/line.ts';

const request: AdmissionRequest = {
  uid: 'u-1',
  kind: { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPServerEntry' },
  operation: 'CREATE',
  name: 'billing',
  namespace: 'apps',
  object: {},
};

function cause(field: string, message: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: oneLine(message) };
}

describe('the answer to a review', () => {
  it('carries uid, apiVersion and kind, and nothing that was not said', () => {
    expect(toReview(request, allowed())).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    });
  });

  it('denies with everything in the causes and everything in the message', () => {
    const causes = [cause('spec.a', 'Invalid value: "x": no'), cause('spec.b', 'Forbidden: no')];
    expect(toReview(request, denied(causes)).response).toEqual({
      uid: 'u-1',
      allowed: false,
      status: {
        status: 'Failure',
        code: 422,
        reason: 'Invalid',
        message: 'spec.a: Invalid value: "x": no; spec.b: Forbidden: no',
        details: { group: 'toolhive.stacklok.dev', kind: 'MCPServerEntry', name: 'billing', causes },
      },
    });
  });

  it('sends only the fields that the API defines for a cause', () => {
    const extra = { ...cause('spec.a', 'no'), rule: 'x', identity: 'raw secret' };
    expect(JSON.stringify(toReview(request, denied([extra])))).not.toContain('raw secret');
  });

  it('names an object that has no name yet by its generateName', () => {
    const { name: _, ...unnamed } = request;
    const object = { metadata: { generateName: 'billing-' } };
    const { status } = toReview({ ...unnamed, object }, denied([cause('a', 'b')])).response;
    expect(status?.details?.name).toBe('billing-');
  });

  it('sends a patch as base64 with its type', () => {
    const patch = [{ op: 'add' as const, path: '/metadata/annotations', value: { é: '1' } }];
    const { response } = toReview(request, patched(patch));
    expect(response.patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual(patch);
  });

  it.each([
    [
      'a patch',
      patched([{ op: 'remove' as const, path: '/a"b' }], { warnings: ['w}}'], audit: { reason: '}}' } }),
    ],
    ['no patch', allowed({ warnings: ['w}}'] })],
    ['a denial', denied([cause('a', 'b')])],
  ])('is the same as text: %s', (_, outcome) => {
    const { text, bytes } = reviewText(request, outcome);
    expect(JSON.parse(text)).toEqual(toReview(request, outcome));
    expect(bytes).toBe(Buffer.byteLength(text));
  });

  it('sends no patch type without a patch', () => {
    expect(toReview(request, patched([])).response).toEqual({ uid: 'u-1', allowed: true });
  });

  it('stays small and says how many more there are when an object has thousands of mistakes', () => {
    const causes = Array.from({ length: 10_000 }, (_, index) => cause(`spec.h[${index}]`, 'x'.repeat(500)));
    const review = toReview(request, denied(causes));
    const { status } = review.response;
    expect(JSON.stringify(review).length).toBeLessThan(100_000);
    expect(status?.details?.causes).toHaveLength(101);
    expect(status?.details?.causes.at(-1)?.field).toBe('and 9900 more');
    expect(status?.message).toMatch(/; and 99\d\d more; run `vmcp-admission check` to see all$/);
  });

  it('keeps each cause on one line and shows what is invisible', () => {
    const { status } = toReview(request, denied([cause('a\nb', 'x\u0007y \u202eevil')])).response;
    expect(status?.message).toBe('a b: x y \\u{202e}evil');
  });

  it('has audit annotations of one line each, cut to what is worth keeping', () => {
    const audit = { reason: '2\n3', rules: 'r'.repeat(5_000) };
    const { auditAnnotations } = toReview(request, allowed({ audit })).response;
    expect(auditAnnotations).toEqual({ reason: '2 3', rules: `${'r'.repeat(4_095)}…` });
  });
});
