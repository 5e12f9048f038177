import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { denied } from '../../../src/admission/outcome.ts';
import type { Reviewer } from '../../../src/admission/reviewer.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { traceObserver } from '../../../src/cli/serve/tracing.ts';
import { makeReviewers } from '../../../src/review/reviewers.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { oneLine } from '../../../src/text/line.ts';
import { readTracing } from '../../../src/tracing/environment.ts';
import { tracedCatalog } from '../../../src/tracing/tracedCatalog.ts';
import { Tracer } from '../../../src/tracing/tracer.ts';
import { otlpSink, type SinkSpan } from '../../support/otlpSink.ts';
import { entry, TEAM } from '../rules/support.ts';
import { httpApp, listening, metricValue, recordedLog, reviewOf, testMetrics } from '../server/support.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const DROPPED = 'vmcp_admission_trace_spans_total{outcome="dropped"}';
const EXPORTED = 'vmcp_admission_trace_spans_total{outcome="exported"}';

function reviewersOf(catalog: Catalog) {
  const settings = { unknownGroup: 'allow', unusableConfig: 'allow', failingConfig: 'allow' } as const;
  return makeReviewers({ catalog, policy: defaultPolicy(), settings });
}

/** A server that exports its spans to an endpoint. */
async function traced(endpoint: string, validate?: Reviewer, environment: Record<string, string> = {}) {
  const { settings } = readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...environment }, '1.2.3');
  if (settings === undefined) throw new Error('nothing is traced');
  const metrics = testMetrics();
  const recorded = recordedLog();
  const tracer = new Tracer(settings, traceObserver(metrics.meter, recorded.log));
  const documents = TEAM.map((object, index) => ({ file: 'team', document: index, line: 1, object }));
  const reviewers = reviewersOf(tracedCatalog(manifestCatalog(documents)));
  const app = await httpApp({
    ...reviewers,
    ...(validate && { validate }),
    trace: (webhook, { headers }) =>
      tracer.begin(`review ${webhook}`, headers.traceparent as string | undefined),
  });
  const send = (body: unknown, headers: Record<string, string> = {}, path = '/validate') =>
    request(app.url)
      .post(path)
      .set({ 'Content-Type': 'application/json', ...headers })
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  onTestFinished(() => tracer.stop(20));
  return { tracer, metrics, send, lines: recorded.lines };
}

async function sunk(status?: () => number) {
  const sink = otlpSink(status);
  return { ...sink, url: `http://127.0.0.1:${await listening(sink.server)}` };
}

/** The names of spans by that of the span above; the root is above all. */
function tree(spans: readonly SinkSpan[]): Record<string, string | undefined> {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return Object.fromEntries(spans.map(({ name, parentSpanId = '' }) => [name, names.get(parentSpanId)]));
}

describe('a traced review', () => {
  it('is a span below that of its caller, with a span for each step, and tells no contents', async () => {
    const sink = await sunk();
    const { tracer, send, metrics } = await traced(sink.url, undefined, {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.cluster.name=prod',
    });
    const object = entry({
      remoteUrl: 'http://localhost/?key=query-secret',
      caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } },
      headerForward: { addPlaintextHeaders: { 'X-A': 'header-secret' } },
    });
    await send(reviewOf({ object, namespace: 'default' }), { traceparent: `00-${TRACE}-${SPAN}-01` }).expect(
      200,
    );
    await tracer.stop();

    expect(tree(sink.spans)).toEqual({
      'review validate': undefined,
      read: 'review validate',
      rules: 'review validate',
      gather: 'rules',
      'read ConfigMap': 'gather',
      answer: 'review validate',
    });
    const root = sink.spans.find(({ name }) => name === 'review validate');
    expect(root).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, kind: 2 });
    expect(root?.attributes).toMatchObject({
      'admission.uid': reviewOf().request.uid,
      'admission.kind': 'MCPServerEntry',
      'admission.namespace': 'default',
      'admission.name': 'billing',
      'admission.operation': 'CREATE',
      'admission.allowed': false,
    });
    expect(root?.attributes['admission.rules']).toContain('remote-url-blocked-host');
    for (const { traceId, startTimeUnixNano: start, endTimeUnixNano: end } of sink.spans) {
      expect(traceId).toBe(TRACE);
      expect(BigInt(start)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0));
      expect(BigInt(end)).toBeGreaterThanOrEqual(BigInt(start));
      expect(BigInt(end)).toBeLessThanOrEqual(BigInt(root?.endTimeUnixNano ?? 0));
    }
    const [sent] = sink.requests;
    expect(sent).toMatchObject({
      url: '/v1/traces',
      headers: { 'content-type': 'application/json', authorization: 'Bearer collector-secret' },
    });
    expect(sent?.body).not.toContain('secret');
    expect(sink.resource()).toEqual({
      'service.name': 'vmcp-admission',
      'service.version': '1.2.3',
      'k8s.cluster.name': 'prod',
    });
    expect(await metricValue(metrics, EXPORTED)).toBe(sink.spans.length);
  });

  it('is not recorded when its caller did not sample it; one without a caller has a trace of its own', async () => {
    const sink = await sunk();
    const { tracer, send } = await traced(sink.url);
    await send(reviewOf(), { traceparent: `00-${TRACE}-${SPAN}-00` }).expect(200);
    await send(reviewOf(), { traceparent: 'nonsense' }).expect(200);
    await tracer.stop();
    const roots = sink.spans.filter(({ name }) => name === 'review validate');
    expect(roots).toHaveLength(1);
    expect(roots[0]).not.toHaveProperty('parentSpanId');
    expect(roots[0]?.traceId).not.toBe(TRACE);
  });

  it('that fails, or is not one, has an error', async () => {
    const sink = await sunk();
    const { tracer, send } = await traced(sink.url, async () => Promise.reject(new Error('body-secret')));
    await send(reviewOf()).expect(500);
    await send('no JSON').expect(400);
    await tracer.stop();
    const roots = sink.spans.filter(({ name }) => name === 'review validate');
    expect(
      roots.map(({ status, attributes }) => [status?.code, attributes['http.response.status_code']]),
    ).toEqual([
      [2, '500'],
      [2, '400'],
    ]);
    expect(sink.requests.map(({ body }) => body).join()).not.toContain('secret');
  });

  it('of a Pod has the step of injection', async () => {
    const sink = await sunk();
    const { tracer, send } = await traced(sink.url);
    const kind = { group: '', version: 'v1', kind: 'Pod' };
    await send(reviewOf({ kind, object: { metadata: {}, spec: {} } }), {}, '/mutate').expect(200);
    await tracer.stop();
    expect(tree(sink.spans)).toMatchObject({ injection: 'review mutate', 'review mutate': undefined });
  });
});

describe('a collector that takes no spans', () => {
  it.each([
    ['is not there', async () => 'http://127.0.0.1:9'],
    ['refuses them', async () => (await sunk(() => 503)).url],
  ])(
    'and %s changes no answer; spans are dropped, counted, and told once a minute',
    async (what, endpoint) => {
      const { tracer, send, metrics, lines } = await traced(await endpoint());
      for (let count = 0; count < 3; count++) await send(reviewOf()).expect(200);
      await tracer.stop();
      expect(await metricValue(metrics, DROPPED)).toBeGreaterThan(3);
      expect(await metricValue(metrics, EXPORTED)).toBe(0);
      const told = lines.filter(({ msg }) => msg.startsWith('spans dropped'));
      expect(told, what).toHaveLength(1);
    },
  );

  it('because it never answers delays neither reviews nor the end, and the queue has an end', async () => {
    const silent = otlpSink();
    silent.server.removeAllListeners('request');
    const url = `http://127.0.0.1:${await listening(silent.server)}`;
    const validate: Reviewer = async () =>
      denied([{ reason: 'FieldValueInvalid', field: 'spec.a', message: oneLine('no') }]);
    const { tracer, send, metrics } = await traced(url, validate);
    await send(reviewOf()).expect(200);
    for (let count = 0; count < 3_000; count++) tracer.begin('review validate', undefined)?.end({});
    const dropped = await metricValue(metrics, DROPPED);
    expect(dropped).toBeGreaterThan(0);
    await tracer.stop(20);
    expect(await metricValue(metrics, DROPPED)).toBeGreaterThan(dropped);
  });
});
