import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { errored } from '../../../src/admission/outcome.ts';
import { httpApp, metricValue, reviewOf } from './support.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

function status(code: number, reason: string, message: unknown) {
  return expect.objectContaining({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message,
  });
}

describe('a request that is no review', () => {
  it.each(['/validate', '/mutate'])(
    'to %s with another method is answered 405 and told the method',
    async (path) => {
      const { url, lines, metrics } = await httpApp();
      const answer = await request(url).get(path).expect(405);
      expect(answer.headers.allow).toBe('POST');
      expect(answer.body).toEqual(
        status(405, 'MethodNotAllowed', 'GET is not allowed; send AdmissionReviews with POST'),
      );
      expect(lines).toContainEqual(expect.objectContaining({ msg: 'refused', code: 405 }));
      const series = `vmcp_admission_refused_requests_total{webhook="${path.slice(1)}",code="405"}`;
      expect(await metricValue(metrics, series)).toBe(1);
    },
  );

  it.each([
    ['text/plain', 'Content-Type must be application/json; the request has another one'],
    ['application/jsonx', 'Content-Type must be application/json; the request has another one'],
    ['', 'Content-Type must be application/json; the request has none'],
  ])('with the content type %j is answered 415', async (type, message) => {
    const { url } = await httpApp();
    const answer = await fetch(`${url}/validate`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: Buffer.from(JSON.stringify(reviewOf())),
    });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toEqual(status(415, 'UnsupportedMediaType', message));
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON'])(
    'takes the content type %s',
    async (type) => {
      const { url } = await httpApp();
      await request(url)
        .post('/validate')
        .set('Content-Type', type)
        .send(JSON.stringify(reviewOf()))
        .expect(200);
    },
  );

  it.each(['gzip', 'br', 'deflate'])(
    'compressed with %s is answered 415 and not unpacked',
    async (encoding) => {
      const { url } = await httpApp();
      const answer = await request(url)
        .post('/validate')
        .set({ ...JSON_TYPE, 'Content-Encoding': encoding })
        .send('{}')
        .expect(415);
      expect(answer.body.message).toBe('Content-Encoding is not supported; send the body uncompressed');
    },
  );

  it.each([
    ['broken JSON', '{"kind":', /^the body is not JSON/],
    ['another kind', '{"kind":"Pod"}', /^kind must be "AdmissionReview"/],
    [
      'v1beta1',
      JSON.stringify({ ...reviewOf(), apiVersion: 'admission.k8s.io/v1beta1' }),
      /admissionReviewVersions/,
    ],
    ['no request', JSON.stringify({ ...reviewOf(), request: null }), /^the AdmissionReview has no request$/],
    ['no uid', JSON.stringify(reviewOf({ uid: undefined })), /^request\.uid: /],
    ['nothing', '', /^the body is not JSON/],
  ])('with %s is answered 400 with what is wrong', async (_, body, message) => {
    const { url, lines, metrics } = await httpApp();
    const answer = await request(url).post('/validate').set(JSON_TYPE).send(body).expect(400);
    expect(answer.body).toEqual(status(400, 'BadRequest', expect.stringMatching(message)));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'refused', code: 400 }));
    expect(
      await metricValue(metrics, 'vmcp_admission_refused_requests_total{webhook="validate",code="400"}'),
    ).toBe(1);
  });

  it('to another path is answered 404', async () => {
    const { url } = await httpApp();
    const answer = await request(url).post('/Validate').set(JSON_TYPE).send('{}').expect(404);
    expect(answer.body).toEqual(status(404, 'NotFound', expect.any(String)));
  });

  it('from a caller that may not call is answered 403, whatever it sends', async () => {
    const { url } = await httpApp({
      authenticators: [async () => undefined, async () => ({ code: 403, message: 'not you' })],
    });
    const answer = await request(url).post('/validate').set(JSON_TYPE).send(reviewOf()).expect(403);
    expect(answer.body).toEqual(status(403, 'Forbidden', 'not you'));
  });
});

describe('a reviewer that fails', () => {
  it.each([
    ['rejects', async () => Promise.reject(new Error('boom: body-secret'))],
    [
      'throws at once',
      () => {
        throw new TypeError('boom');
      },
    ],
    ['throws no error', async () => Promise.reject(undefined)],
  ])('because it %s is answered 500, which failurePolicy decides about', async (_, validate) => {
    const { url, lines, metrics } = await httpApp({ validate });
    const answer = await request(url).post('/validate').set(JSON_TYPE).send(reviewOf()).expect(500);
    const { uid } = reviewOf().request;
    expect(answer.body).toEqual(
      status(500, 'InternalError', `internal error in vmcp-admission; see its log (uid ${uid})`),
    );
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'review failed', uid }));
    const series = 'vmcp_admission_reviews_total{webhook="validate",operation="CREATE",outcome="errored"}';
    expect(await metricValue(metrics, series)).toBe(1);
  });

  it('because its patch cannot be written is answered the same way', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const { url } = await httpApp({
      mutate: async () => ({
        kind: 'patched',
        patch: [{ op: 'add', path: '/a', value: deep }],
        warnings: [],
        audit: {},
        reasons: [],
      }),
    });
    const answer = await request(url).post('/mutate').set(JSON_TYPE).send(reviewOf()).expect(500);
    expect(answer.body).toEqual(status(500, 'InternalError', expect.stringContaining('see its log')));
  });

  it.each([
    [400, 'BadRequest'],
    [503, 'ServiceUnavailable'],
    [504, 'Timeout'],
  ])(
    'with %i is answered with that HTTP status, its reason and the message in one line',
    async (code, reason) => {
      const { url } = await httpApp({ validate: async () => errored(code, 'not\nyet') });
      const answer = await request(url).post('/validate').set(JSON_TYPE).send(reviewOf()).expect(code);
      expect(answer.body).toEqual(status(code, reason, 'not yet'));
    },
  );
});
