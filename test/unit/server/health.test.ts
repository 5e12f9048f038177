import { createConnection } from 'node:net';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allowed } from '../../../src/admission/outcome.ts';
import { makeHealthServer, type ReadyCheck } from '../../../src/server/health.ts';
import { LIMITS } from '../../../src/server/limits.ts';
import { readMetrics } from './metrics/metricsText.ts';
import { listening, metricValue, recordedLog, testMetrics } from './support.ts';

async function health(
  checks: readonly ReadyCheck[] = [],
  draining = () => false,
  findings?: () => Promise<string>,
) {
  const metrics = testMetrics();
  const { log } = recordedLog();
  const port = await listening(makeHealthServer({ checks, metrics, log, draining, findings }));
  return { metrics, url: `http://127.0.0.1:${port}` };
}

describe('the health port', () => {
  it('is ready when every check holds, and lists them', async () => {
    const { url } = await health([{ name: 'certificate', problem: () => undefined }]);
    const answer = await request(url).get('/readyz?verbose').expect(200);
    expect(answer.text).toBe('[+]certificate ok\nreadyz check passed\n');
  });

  it('is not ready when one does not, and says why; it lives on', async () => {
    const { url } = await health([
      { name: 'certificate', problem: () => undefined },
      { name: 'catalog', problem: () => 'MCPGroup is not listed yet' },
    ]);
    const answer = await request(url).get('/readyz').expect(503);
    expect(answer.text).toBe(
      '[+]certificate ok\n[-]catalog failed: MCPGroup is not listed yet\nreadyz check failed\n',
    );
    await request(url).get('/livez').expect(200, 'ok\n');
  });

  it('tells what is wrong with a condition that holds', async () => {
    const { url } = await health([
      { name: 'catalog', problem: () => undefined, note: () => 'MCPGroup is not followed' },
    ]);
    const answer = await request(url).get('/readyz').expect(200);
    expect(answer.text).toBe('[+]catalog ok, but MCPGroup is not followed\nreadyz check passed\n');
  });

  it('answers a probe while as many connections as it takes send their headers byte by byte', async () => {
    const { url } = await health();
    const port = Number(new URL(url).port);
    for (let count = 0; count < LIMITS.healthConnections + 10; count++) {
      const slow = createConnection({ port, host: '127.0.0.1' });
      onTestFinished(() => void slow.destroy());
      slow.on('error', () => {});
      await new Promise((resolve) => slow.once('connect', resolve));
      slow.write('GET /livez HTTP/1.1\r\nX-Slow: a');
    }
    await request(url).get('/livez').set('Connection', 'close').expect(200, 'ok\n');
    await request(url).get('/readyz').set('Connection', 'close').expect(200);
  });

  it('closes each connection after its answer while the process is stopping', async () => {
    let draining = false;
    const { url } = await health([], () => draining);
    const get = (path: string) => request(url).get(path).set('Connection', 'keep-alive');
    expect((await get('/readyz')).headers.connection).toBe('keep-alive');
    draining = true;
    for (const path of ['/livez', '/readyz', '/metrics', '/other'])
      expect((await get(path)).headers.connection, path).toBe('close');
  });

  it('has the findings of stored objects when they are on', async () => {
    const { url } = await health([], undefined, async () => '{"objects": []}');
    const answer = await request(url).get('/findings').expect(200, { objects: [] });
    expect(answer.headers['content-type']).toBe('application/json');
    await request((await health()).url)
      .get('/findings')
      .expect(404);
  });

  it('answers nothing else', async () => {
    const { url } = await health();
    await request(url).get('/').expect(404);
    expect((await request(url).post('/readyz').expect(405)).headers.connection).toBe('close');
  });
});

describe('the metrics', () => {
  it('are in the text format, each with help and type, named as promtool wants them', async () => {
    const { url, metrics } = await health();
    metrics.review('validate', 'CREATE', allowed({ reasons: ['r'] }), 0.001);
    const answer = await request(url).get('/metrics').expect(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const types = new Map(
      [...answer.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
    );
    const helps = new Set([...answer.text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
    expect(types.size).toBeGreaterThan(10);
    for (const [name, type] of types) {
      expect(helps).toContain(name);
      expect(name?.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
    }
    const samples = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const sample of samples)
      expect(sample).toMatch(/^[a-z0-9_]+(\{([a-zA-Z_]+="[^"\\\n]*",?)+\})? -?(\d|Inf|Nan)/i);
    expect(new Set(samples.map((sample) => sample.split(' ')[0])).size).toBe(samples.length);
  });

  it('are in the same format and under the same names when OpenMetrics is asked for', async () => {
    const { url } = await health();
    const accept =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5';
    const names = async (headers: Record<string, string>) => {
      const answer = await request(url).get('/metrics').set(headers).expect(200);
      expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
      return readMetrics(answer.text).map(({ name }) => name);
    };
    const asked = await names({ Accept: accept });
    expect(asked).toContain('vmcp_admission_reviews_total');
    expect(await names({})).toEqual(asked);
  });

  it('have buckets from a quarter of a millisecond to ten seconds', async () => {
    const { metrics } = await health();
    metrics.review('validate', 'CREATE', allowed(), 0.0002);
    const bucket = (le: string) =>
      metricValue(metrics, `vmcp_admission_review_duration_seconds_bucket{le="${le}",webhook="validate"}`);
    expect(await bucket('0.00025')).toBe(1);
    expect(await bucket('10')).toBe(1);
  });

  it('say what is running', async () => {
    const { metrics } = await health();
    const series = `vmcp_admission_build_info{version="0.0.0",node="${process.version}"}`;
    expect(await metricValue(metrics, series)).toBe(1);
  });
});
