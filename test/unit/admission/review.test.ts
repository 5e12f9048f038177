import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReview } from '../../../src/admission/review.ts';

const request = {
  uid: 'u',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  operation: 'CREATE',
  object: { a: 1 },
};
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };

function problem(value: unknown): string {
  const body = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const parsed = parseReview(body);
  return parsed.ok ? 'none' : parsed.message;
}

describe('an AdmissionReview', () => {
  it('is read with the object as it is', () => {
    const parsed = parseReview(Buffer.from(JSON.stringify(review)));
    expect(parsed.ok && parsed.request.object).toEqual({ a: 1 });
  });

  it('may leave out object and oldObject, or have null there', () => {
    const { object: _, ...without } = request;
    expect(problem({ ...review, request: without })).toBe('none');
    expect(problem({ ...review, request: { ...request, object: null, oldObject: null, dryRun: null } })).toBe(
      'none',
    );
  });

  it.each([
    ['an empty body', '', 'the body is not JSON: it ends too early or is malformed'],
    ['half of a body', '{"a":', 'the body is not JSON: it ends too early or is malformed'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'the body is not JSON: it is not UTF-8'],
    ['another kind', { ...review, kind: 'Pod' }, 'kind must be "AdmissionReview", not "Pod"'],
    ['no kind', {}, 'kind must be "AdmissionReview", not absent'],
    ['a list', [review], 'the body is not an AdmissionReview object'],
    ['null', null, 'the body is not an AdmissionReview object'],
    [
      'v1beta1',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      'apiVersion must be "admission.k8s.io/v1", not "admission.k8s.io/v1beta1"; set admissionReviewVersions: [v1] in the webhook configuration',
    ],
    ['no request', { ...review, request: undefined }, 'the AdmissionReview has no request'],
    ['a request that is null', { ...review, request: null }, 'the AdmissionReview has no request'],
  ])('with %s is refused with what is wrong', (_, value, message) => {
    expect(problem(value)).toBe(message);
  });

  it.each([
    ['object', { namespace: 'a', object: { metadata: { namespace: 'b' } } }, '"b"', '"a"'],
    ['oldObject', { namespace: 'a', oldObject: { metadata: { namespace: 'b' } } }, '"b"', '"a"'],
    ['object', { object: { metadata: { namespace: 'b' } } }, '"b"', '""'],
  ])('whose %s is of another namespace is refused', (field, more, stated, asked) => {
    expect(problem({ ...review, request: { ...request, ...more } })).toBe(
      `request.${field}.metadata.namespace is ${stated}, but request.namespace is ${asked}`,
    );
  });

  it.each([
    ['none', {}],
    ['an empty one', { namespace: '' }],
    ['the same', { namespace: 'a' }],
  ])('whose object says %s as its namespace is read', (_, metadata) => {
    expect(problem({ ...review, request: { ...request, namespace: 'a', object: { metadata } } })).toBe(
      'none',
    );
  });

  it.each([
    ['uid', { ...request, uid: undefined }],
    ['uid', { ...request, uid: '' }],
    ['uid', { ...request, uid: 'u'.repeat(300) }],
    ['kind', { ...request, kind: 'Pod' }],
    ['operation', { ...request, operation: 'PATCH' }],
  ])('without a good %s names that field', (field, bad) => {
    expect(problem({ ...review, request: bad })).toMatch(new RegExp(`^request\\.${field}: `));
  });

  it('never repeats the body when it cannot be parsed', () => {
    expect(problem('{"token": "s3cret" s3cret}')).toBe('the body is not JSON: malformed at character 19');
  });

  it('of a hundred thousand levels is refused or read, never a crash', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const text of [deep, `{"kind":${deep}}`, JSON.stringify(review).replace('"u"', deep)])
      expect(problem(text)).not.toBe('none');
    expect(problem(JSON.stringify(review).replace('{"a":1}', deep))).toBe('none');
  });

  it('takes __proto__ as the plain key that it is', () => {
    const body = JSON.stringify(review).replace('{"a":1}', '{"__proto__":{"polluted":1}}');
    expect(problem(body)).toBe('none');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is never a reason to throw, whatever JSON or bytes it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof problem(value) === 'string'));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof problem(Buffer.from(bytes)) === 'string'));
  });
});
