import { describe, expect, it } from 'vitest';
import { readTracing } from '../../../src/tracing/environment.ts';

const HERE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.tracing:4318' };
const read = (environment: Record<string, string>) => readTracing(environment, '1.2.3');

describe('the variables of OpenTelemetry', () => {
  it('have the defaults of the specification', () => {
    expect(read(HERE)).toEqual({
      settings: {
        endpoint: new URL('http://collector.tracing:4318/v1/traces'),
        headers: {},
        timeout: 10_000,
        sampler: { followsParent: true, ratio: 1 },
        resource: { 'service.name': 'vmcp-admission', 'service.version': '1.2.3' },
      },
      problems: [],
    });
  });

  it.each([
    ['no endpoint', {}],
    ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['OTEL_SDK_DISABLED', { ...HERE, OTEL_SDK_DISABLED: 'TRUE' }],
    ['OTEL_TRACES_EXPORTER', { ...HERE, OTEL_TRACES_EXPORTER: 'none' }],
  ])('trace nothing with %s', (_what, environment) => {
    expect(read(environment as Record<string, string>)).toEqual({ settings: undefined, problems: [] });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' }, { endpoint: new URL('https://c/otlp/v1/traces') }],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/in' }, { endpoint: new URL('http://t/in') }],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b = x%20y', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=2' },
      { headers: { a: '2', b: 'x y' } },
    ],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '500' }, { timeout: 500 }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7' }, { timeout: 7 }],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, { sampler: { followsParent: false, ratio: 1 } }],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, { sampler: { followsParent: false, ratio: 0 } }],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { sampler: { followsParent: true, ratio: 0 } }],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { sampler: { followsParent: false, ratio: 0.25 } },
    ],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }, { sampler: { followsParent: true, ratio: 1 } }],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,k8s.cluster.name=prod', OTEL_SERVICE_NAME: 'b' },
      { resource: { 'service.name': 'b', 'k8s.cluster.name': 'prod', 'service.version': '1.2.3' } },
    ],
  ])('%j', (environment, expected) => {
    const { settings, problems } = read({ ...HERE, ...environment } as Record<string, string>);
    expect(settings).toMatchObject(expected);
    expect(problems).toEqual([]);
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'secret://collector'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://user:secret@collector'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz-secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=secret%0Ab'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'secret'],
  ])('name %s in a problem about %j, and show no value of it', (variable, value) => {
    const { problems } = read({ ...HERE, [variable]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(variable);
    expect(problems[0]).not.toContain('secret');
  });
});
