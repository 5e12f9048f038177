import { connect } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { allowed, denied, patched } from '../../../src/admission/outcome.ts';
import type { ReviewContext } from '../../../src/admission/reviewer.ts';
import { oneLine } from '../../../src/text/line.ts';
import { httpApp, metricValue, reviewOf, until } from './support.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const NO: Parameters<typeof denied>[0] = [
  { reason: 'FieldValueInvalid', field: 'spec.a', message: oneLine('no') },
];

describe('a review', () => {
  it('goes to the reviewer of its path, with the request and the time', async () => {
    const seen: unknown[] = [];
    const { url } = await httpApp({
      mutate: async ({ name }, { now }) => {
        seen.push(name, now.toISOString());
        return patched([{ op: 'remove', path: '/spec' }]);
      },
    });
    const answer = await request(url).post('/mutate?timeout=5s').set(JSON_TYPE).send(reviewOf()).expect(200);
    expect(seen).toEqual(['billing', '2026-01-01T00:00:00.000Z']);
    expect(answer.body.response.patchType).toBe('JSONPatch');
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('is counted by outcome and rule, and its time observed', async () => {
    const { url, metrics } = await httpApp({
      validate: async () => denied(NO, { reasons: ['rule-a', 'rule-a'] }),
    });
    await request(url).post('/validate').set(JSON_TYPE).send(reviewOf()).expect(200);
    const of = (series: string) => metricValue(metrics, series);
    expect(
      await of('vmcp_admission_reviews_total{webhook="validate",operation="CREATE",outcome="denied"}'),
    ).toBe(1);
    expect(await of('vmcp_admission_review_rules_total{webhook="validate",rule="rule-a"}')).toBe(1);
    expect(await of('vmcp_admission_review_duration_seconds_count{webhook="validate"}')).toBe(1);
  });

  it('that is denied leaves one line that says who, what and why, and nothing of the body', async () => {
    const { url, lines, text } = await httpApp({ validate: async () => denied(NO, { reasons: ['rule-a'] }) });
    await request(url)
      .post('/validate')
      .set({ ...JSON_TYPE, Authorization: 'Bearer header-secret' })
      .send(reviewOf())
      .expect(200);
    expect(lines.filter((line) => line.level === 'info')).toEqual([
      expect.objectContaining({
        msg: 'review',
        webhook: 'validate',
        outcome: 'denied',
        uid: reviewOf().request.uid,
        user: 'jane',
        kind: 'MCPServerEntry',
        namespace: 'apps',
        name: 'billing',
        reasons: ['rule-a'],
        fields: ['spec.a'],
        ms: expect.any(Number),
      }),
    ]);
    expect(text()).not.toMatch(/body-secret|header-secret/);
  });

  it('that is allowed leaves a line for debugging only', async () => {
    const { url, lines } = await httpApp();
    await request(url).post('/validate').set(JSON_TYPE).send(reviewOf()).expect(200);
    expect(lines.map((line) => [line.level, line.msg])).toEqual([['debug', 'review']]);
  });

  it('that outlives its deadline is answered 504, and its reads are aborted before', async () => {
    let context: ReviewContext | undefined;
    const { url } = await httpApp({
      validate: (_, given) => {
        context = given;
        return new Promise(() => {});
      },
    });
    const answer = await request(url)
      .post('/validate?timeout=100ms')
      .set(JSON_TYPE)
      .send(reviewOf())
      .expect(504);
    expect(answer.body).toMatchObject({ kind: 'Status', code: 504, reason: 'Timeout' });
    expect(context?.signal.aborted).toBe(true);
  });

  it('whose reviewer answers when it is aborted gives that answer', async () => {
    const { url } = await httpApp({
      validate: (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve(allowed({ warnings: ['gave up one read'] }))),
        ),
    });
    const answer = await request(url)
      .post('/validate?timeout=100ms')
      .set(JSON_TYPE)
      .send(reviewOf())
      .expect(200);
    expect(answer.body.response).toMatchObject({ allowed: true, warnings: ['gave up one read'] });
  });

  it('whose caller goes away is aborted at once, and gives its place back', async () => {
    let aborted = false;
    const { url, lines, capacity } = await httpApp({
      validate: (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(allowed());
          }),
        ),
    });
    const caller = new AbortController();
    const answer = fetch(`${url}/validate`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(reviewOf()),
      signal: caller.signal,
    }).catch(() => 'gone');
    await until(() => capacity.reviews === 1);
    caller.abort();
    expect(await answer).toBe('gone');
    await until(() => aborted && capacity.reviews === 0);
    await until(() =>
      lines.some((line) => line.msg === 'the caller closed the connection before the answer'),
    );
  });

  it('beyond the limit of reviews at a time is answered 429 at once, and counted', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { url, metrics, capacity } = await httpApp({
      limits: { reviews: 2 },
      validate: async () => {
        await held;
        return allowed();
      },
    });
    const send = () => request(url).post('/validate').set(JSON_TYPE).send(reviewOf());
    const first = [send().then((answer) => answer.status), send().then((answer) => answer.status)];
    await until(() => capacity.reviews === 2);
    const refused = await send().expect(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body).toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
    release();
    expect(await Promise.all(first)).toEqual([200, 200]);
    await send().expect(200);
    expect(
      await metricValue(metrics, 'vmcp_admission_refused_requests_total{webhook="validate",code="429"}'),
    ).toBe(1);
  });

  it('that is decided at once takes no place from the many that arrive with it', async () => {
    const { port } = await httpApp({ limits: { reviews: 16 } });
    const body = JSON.stringify(reviewOf());
    const post = `POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.write(post.repeat(50));
    const codes = () => received.match(/HTTP\/1\.1 \d+/g) ?? [];
    await until(() => codes().length === 50);
    socket.destroy();
    expect(new Set(codes())).toEqual(new Set(['HTTP/1.1 200']));
  });

  it('while the process is stopping is answered, and the connection closed after it', async () => {
    let draining = false;
    const { url } = await httpApp({ draining: () => draining });
    const send = () =>
      request(url).post('/validate').set(JSON_TYPE).set('Connection', 'keep-alive').send(reviewOf());
    expect((await send().expect(200)).headers.connection).toBe('keep-alive');
    draining = true;
    expect((await send().expect(200)).headers.connection).toBe('close');
    expect((await request(url).get('/other').expect(404)).headers.connection).toBe('close');
  });

  it('in flight when the process begins to stop closes its connection with the answer, whatever it is', async () => {
    let draining = false;
    const finish: (() => void)[] = [];
    const { url, capacity } = await httpApp({
      draining: () => draining,
      limits: { reviews: 1 },
      validate: () => new Promise((resolve) => finish.push(() => resolve(allowed()))),
    });
    const send = () =>
      request(url)
        .post('/validate')
        .set(JSON_TYPE)
        .set('Connection', 'keep-alive')
        .send(reviewOf())
        .then(({ status, headers }) => [status, headers.connection]);
    const first = send();
    await until(() => capacity.reviews === 1);
    expect(await send()).toEqual([429, 'keep-alive']);
    draining = true;
    expect(await send()).toEqual([429, 'close']);
    for (const one of finish) one();
    expect(await first).toEqual([200, 'close']);
  });
});
