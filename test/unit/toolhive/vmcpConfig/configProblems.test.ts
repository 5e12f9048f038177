import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configProblems } from '../../../../src/toolhive/vmcpConfig/configProblems.ts';
import { BASE } from '../../injection/support/cluster.ts';

const none = () => false;

function paths(change: Record<string, unknown>, has: (name: string) => boolean = none): string[] {
  return configProblems({ ...BASE, ...change }, has).map(({ path }) => path);
}

function auth(strategy: unknown): Record<string, unknown> {
  return { outgoingAuth: { source: 'inline', backends: { a: strategy } } };
}

describe('the statement of what the vMCP accepts', () => {
  it('accepts what the operator writes', () => {
    expect(paths({ backends: [{ name: 'a', url: 'u', transport: 'sse', metadata: { x: 'y' } }] })).toEqual(
      [],
    );
    expect(paths({ backends: null })).toEqual([]);
    expect(paths({ passthroughHeaders: ['X-Request-Id', 'x-tenant'] })).toEqual([]);
  });

  it('takes scalars for strings', () => {
    expect(paths({ backends: [{ name: true, url: 1, transport: null }] })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown top-level field', { backend: [] }, 'backend'],
    ['an empty name', { name: '' }, 'name'],
    ['no group', { groupRef: null }, 'groupRef'],
    ['an unknown incoming type', { incomingAuth: { type: 'none' } }, 'incomingAuth.type'],
    ['no aggregation', { aggregation: undefined }, 'aggregation'],
    ['no outgoingAuth', { outgoingAuth: null }, 'outgoingAuth'],
    ['an empty source', { outgoingAuth: { source: '' } }, 'outgoingAuth.source'],
    ['an unknown backend field', { backends: [{ name: 'a', uri: 'u' }] }, 'backends[0].uri'],
    ['an unknown backend type', { backends: [{ type: 'odd' }] }, 'backends[0].type'],
    ['a CA path without the type', { backends: [{ caBundlePath: '/a' }] }, 'backends[0].caBundlePath'],
    [
      'a CA path with dots',
      { backends: [{ type: 'entry', caBundlePath: '/a..b' }] },
      'backends[0].caBundlePath',
    ],
    ['a relative CA path', { backends: [{ type: 'entry', caBundlePath: 'a' }] }, 'backends[0].caBundlePath'],
    ['metadata that is no mapping', { backends: [{ metadata: [] }] }, 'backends[0].metadata'],
    ['Cookie passed through', { passthroughHeaders: ['X-A', 'cookie'] }, 'passthroughHeaders[1]'],
    ['Authorization passed through', { passthroughHeaders: ['Authorization'] }, 'passthroughHeaders[0]'],
    ['a restricted header passed through', { passthroughHeaders: ['x-real-ip'] }, 'passthroughHeaders[0]'],
    ['an empty header passed through', { passthroughHeaders: [''] }, 'passthroughHeaders[0]'],
    ['a header that is no token', { passthroughHeaders: ['a b'] }, 'passthroughHeaders[0]'],
    ['headers that are no list', { passthroughHeaders: 'X-A' }, 'passthroughHeaders'],
    ['a null strategy', auth(null), 'outgoingAuth.backends[a]'],
    ['the type discovered', auth({ type: 'discovered' }), 'outgoingAuth.backends[a].type'],
    ['a type named like a prototype member', auth({ type: 'constructor' }), 'outgoingAuth.backends[a].type'],
    ['a missing block', auth({ type: 'token_exchange' }), 'outgoingAuth.backends[a].tokenExchange'],
    [
      'an unknown block field',
      auth({ type: 'upstream_inject', upstreamInject: { providerName: 'x', y: 1 } }),
      'outgoingAuth.backends[a].upstreamInject.y',
    ],
    [
      'a header without a value',
      auth({ type: 'header_injection', headerInjection: { headerName: 'X' } }),
      'outgoingAuth.backends[a].headerInjection.headerValue',
    ],
    [
      'a variable that is not set',
      auth({ type: 'token_exchange', tokenExchange: { tokenUrl: 'u', clientSecretEnv: 'E' } }),
      'outgoingAuth.backends[a].tokenExchange.clientSecretEnv',
    ],
    [
      'a region that is missing',
      auth({ type: 'aws_sts', awsSts: {} }),
      'outgoingAuth.backends[a].awsSts.region',
    ],
    [
      'another subject type',
      auth({
        type: 'xaa',
        xaa: { idpTokenUrl: 'u', targetTokenUrl: 'u', targetAudience: 'a', subjectTokenType: 'jwt' },
      }),
      'outgoingAuth.backends[a].xaa.subjectTokenType',
    ],
  ])('refuses %s', (_, change, path) => {
    expect(paths(change)).toEqual([path]);
  });

  it('does not ask at load for the variables of xaa, which the vMCP reads per request', () => {
    const xaa = { idpTokenUrl: 'u', targetTokenUrl: 'u', targetAudience: 'a', idpClientSecretEnv: 'E' };
    expect(paths(auth({ type: 'xaa', xaa }))).toEqual([]);
  });

  it.each([[null], ['text'], [[]], [42], [undefined]])('refuses %j as a whole', (config) => {
    expect(configProblems(config, none)).toHaveLength(1);
  });

  it('refuses a secret of obo from a variable: the loader copies it, and the validator finds two', () => {
    const obo = { tokenUrl: 'u', clientSecretEnv: 'E' };
    const path = 'outgoingAuth.backends[a].obo.clientSecretEnv';
    expect(paths(auth({ type: 'obo', obo }), () => true)).toEqual([path]);
    expect(paths(auth({ type: 'obo', obo: { tokenUrl: 'u', clientSecret: 's' } }))).toEqual([]);
  });

  it('accepts upstream_inject of the unnamed provider, which is called "default"', () => {
    for (const upstreamInject of [{}, { providerName: '' }])
      expect(paths(auth({ type: 'upstream_inject', upstreamInject }))).toEqual([]);
  });
});

/** Paths were made of whole keys: a key of 100,000 characters before 16,000 faults exhausted the memory. */
describe('a long key', () => {
  const key = 'k'.repeat(100_000);
  const property = { type: 'object', description: 'd', properties: { a: {} } };
  it.each<[what: string, change: Record<string, unknown>]>([
    ['a field of the config', { [key]: 1 }],
    ['a strategy', { outgoingAuth: { source: 'inline', backends: { [key]: { a: 1 } } } }],
    ['a tool', { aggregation: { tools: [{ workload: 'w', overrides: { [key]: { a: 1 } } }] } }],
    [
      'an override',
      { aggregation: { ...BASE.aggregation, tools: [{ workload: 'w', overrides: { [key]: {} } }] } },
    ],
    ['a workload', { operational: { timeouts: { perWorkload: { [key]: '0s' } } } }],
    ['a field of a backend', { backends: [{ [key]: 1 }] }],
    [
      'an argument',
      {
        compositeTools: [
          { name: 't', description: 'd', steps: [{ id: 'a', tool: 't', arguments: { [key]: '{{' } }] },
        ],
      },
    ],
    [
      'an output',
      {
        compositeTools: [
          {
            name: 't',
            description: 'd',
            steps: [{ id: 'a', tool: 't' }],
            output: { properties: { [key]: property } },
          },
        ],
      },
    ],
    [
      'an inner output',
      {
        compositeTools: [
          {
            name: 't',
            description: 'd',
            steps: [{ id: 'a', tool: 't' }],
            output: { properties: { a: { ...property, properties: { [key]: {} } } } },
          },
        ],
      },
    ],
    [
      'a schema',
      {
        compositeTools: [
          {
            name: 't',
            description: 'd',
            steps: [{ id: 'a', tool: 't' }],
            parameters: { type: 'object', properties: { [key]: { type: 'x' } } },
          },
        ],
      },
    ],
  ])('is cut in what is said about %s', (_, change) => {
    const problems = configProblems({ ...BASE, ...change }, none);
    expect(problems).not.toEqual([]);
    for (const { path, message } of problems) expect(path.length + message.length).toBeLessThan(300);
  });
});

describe('a template with too much in it', () => {
  it.each([
    ['parentheses', `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}`],
    ['controls', `${'{{if 1}}'.repeat(4_000)}${'{{end}}'.repeat(4_000)}`],
    ['alternatives', `{{if 1}}${'{{else if 1}}'.repeat(4_000)}{{end}}`],
    ['variables', Array.from({ length: 3_000 }, (_, index) => `{{$a${index} := 1}}`).join('')],
    ['definitions', `${'{{define "a"}}'.repeat(3_000)}${'{{end}}'.repeat(3_000)}`],
  ])('is not judged: %s', (_, condition) => {
    const steps = [{ id: 'a', tool: 't', condition }];
    expect(paths({ compositeTools: [{ name: 't', description: 'd', steps }] })).toEqual([]);
  });
});

it('names the first hundred wrong policies', () => {
  const authz = { type: 'cedar', policies: Array.from({ length: 5_000 }, (_, index) => `a${index}`) };
  const oidc = { issuer: 'https://i.example', audience: 'a' };
  expect(paths({ incomingAuth: { type: 'oidc', oidc, authz } })).toHaveLength(100);
});

/** Sections as YAML beside the path of their one problem; none is what the vMCP accepts. */
describe('every section', () => {
  const prefix = 'conflictResolution: prefix, conflictResolutionConfig: {prefixFormat: a}';
  const breaker = (fields: string) => `operational: {failureHandling: {circuitBreaker: {${fields}}}}`;
  it.each<[string, string | undefined]>([
    ['codeMode: {stepLimit: 5.5, enabled: "yes"}', undefined],
    ['codeMode: {stepLimit: "5"}', 'codeMode.stepLimit'],
    ['codeMode: {stepLimit: 1e30}', 'codeMode.stepLimit'],
    ['codeMode: {enabled: "true"}', 'codeMode.enabled'],
    ['codeMode: {toolCallTimeout: 30}', 'codeMode.toolCallTimeout'],
    ['codeMode: {toolCallTimeout: 0}', undefined],
    ['sessionStorage: {db: 3000000000}', 'sessionStorage.db'],
    ['sessionStorage: {provider: Memory}', undefined],
    ['sessionStorage: {provider: Redis}', 'sessionStorage.provider'],
    ['sessionStorage: {provider: redis, address: ""}', 'sessionStorage.address'],
    [
      '{rateLimiting: {shared: {maxTokens: 1, refillPeriod: {duration: 1m}}}, sessionStorage: {provider: redis, address: a:1}}',
      undefined,
    ],
    ['rateLimiting: {shared: {maxTokens: 1, refillPeriod: {duration: 1m}}}', 'rateLimiting'],
    ['rateLimiting: {shared: {maxTokens: 1, refillPeriod: 1m}}', 'rateLimiting.shared.refillPeriod'],
    ['rateLimiting: {shared: {refillPeriod: {duration: 0}}}', 'rateLimiting.shared.refillPeriod.duration'],
    ['metadata: {a: [b]}', 'metadata[a]'],
    ['audit: {eventTypes: mcp_ping}', 'audit.eventTypes'],
    ['telemetry: {headers: {a: b}, tracing: {}}', 'telemetry.tracing'],
    ['telemetry: {}', 'telemetry.serviceName'],
    ['optimizer: {maxToolsToReturn: 51}', 'optimizer.maxToolsToReturn'],
    ['optimizer: {maxToolsToReturn: 0, hybridSearchSemanticRatio: ".5"}', undefined],
    ['optimizer: {semanticDistanceThreshold: " 1"}', 'optimizer.semanticDistanceThreshold'],
    ['telemetry: {serviceName: a}', undefined],
    ['telemetry: {serviceName: a, endpoint: a:1}', 'telemetry.endpoint'],
    ['telemetry: {serviceName: a, endpoint: a:1, metricsEnabled: "yes"}', undefined],
    [
      'compositeTools: [{name: a, steps: [{id: a, step: {step: {ids: a}}}]}]',
      'compositeTools[0].steps[0].step.step.ids',
    ],
    [
      'compositeTools: [{name: a, steps: [{id: a, defaultResults: []}]}]',
      'compositeTools[0].steps[0].defaultResults',
    ],
    [
      'compositeTools: [{output: {properties: {a: {properties: {b: text}}}}}]',
      'compositeTools[0].output.properties[a].properties[b]',
    ],
    ['compositeToolRefs: [{name: a}, {name: a}]', 'compositeToolRefs[1].name'],
    ['compositeToolRefs: [null, {name: a}]', undefined],
    ['compositeToolRefs: [{}]', 'compositeToolRefs[0].name'],
    ['incomingAuth: {type: oidc}', 'incomingAuth.oidc'],
    ['incomingAuth: {type: oidc, oidc: {issuer: i}}', 'incomingAuth.oidc.audience'],
    [
      'incomingAuth: {type: oidc, oidc: {issuer: i, audience: a, caBundlePath: a}}',
      'incomingAuth.oidc.caBundlePath',
    ],
    ['incomingAuth: {type: local, oidc: {caBundlePath: a}}', undefined],
    ['incomingAuth: {type: anonymous, authz: {type: cedar}}', 'incomingAuth.authz.policies'],
    ['incomingAuth: {type: anonymous, authz: {type: Cedar}}', 'incomingAuth.authz.type'],
    ['incomingAuth: {type: anonymous, authz: {type: none}}', undefined],
    ['aggregation: {conflictResolutionConfig: {}}', 'aggregation.conflictResolution'],
    ['aggregation: {conflictResolution: prefix}', 'aggregation.conflictResolutionConfig'],
    [
      'aggregation: {conflictResolution: prefix, conflictResolutionConfig: {}}',
      'aggregation.conflictResolutionConfig.prefixFormat',
    ],
    [
      'aggregation: {conflictResolution: priority, conflictResolutionConfig: {priorityOrder: [null]}}',
      'aggregation.conflictResolutionConfig.priorityOrder',
    ],
    ['aggregation: {conflictResolution: manual, conflictResolutionConfig: {}}', 'aggregation.tools'],
    [`aggregation: {${prefix}, defaultToolVisibility: hidden}`, 'aggregation.defaultToolVisibility'],
    [`aggregation: {${prefix}, tools: [null]}`, 'aggregation.tools[0]'],
    [`aggregation: {${prefix}, tools: [{workload: a}, {workload: a}]}`, 'aggregation.tools[1].workload'],
    [
      `aggregation: {${prefix}, tools: [{workload: a, overrides: {t: {annotations: {title: t}}}}]}`,
      'aggregation.tools[0].overrides[t]',
    ],
    [
      `aggregation: {${prefix}, tools: [{workload: a, overrides: {t: null}}]}`,
      'aggregation.tools[0].overrides[t]',
    ],
    [
      'aggregation: {conflictResolution: priority, conflictResolutionConfig: {priorityOrder: [a]}, defaultToolVisibility: deny}',
      'aggregation.conflictResolutionConfig.priorityOrder[0]',
    ],
    [
      'aggregation: {conflictResolution: priority, conflictResolutionConfig: {priorityOrder: [a]}, defaultToolVisibility: deny, tools: [{workload: a}]}',
      undefined,
    ],
    ['operational: {timeouts: {default: 0s, perWorkload: {a: 1s}}}', undefined],
    ['operational: {timeouts: {default: -1s}}', 'operational.timeouts.default'],
    ['operational: {timeouts: {perWorkload: {a: 0s}}}', 'operational.timeouts.perWorkload[a]'],
    ['operational: {timeouts: {perWorkload: {a: null}}}', 'operational.timeouts.perWorkload[a]'],
    ['operational: {failureHandling: {healthCheckTimeout: 29s}}', undefined],
    [
      'operational: {failureHandling: {healthCheckTimeout: 30s}}',
      'operational.failureHandling.healthCheckTimeout',
    ],
    [
      'operational: {failureHandling: {healthCheckInterval: 10s, healthCheckTimeout: 10s}}',
      'operational.failureHandling.healthCheckTimeout',
    ],
    [
      'operational: {failureHandling: {healthCheckTimeout: -1s}}',
      'operational.failureHandling.healthCheckTimeout',
    ],
    ['operational: {failureHandling: {unhealthyThreshold: 0}}', undefined],
    [
      'operational: {failureHandling: {unhealthyThreshold: -1}}',
      'operational.failureHandling.unhealthyThreshold',
    ],
    [
      'operational: {failureHandling: {partialFailureMode: best-effort}}',
      'operational.failureHandling.partialFailureMode',
    ],
    [breaker('enabled: true, timeout: 1s'), undefined],
    [breaker('enabled: false, timeout: 1ms, failureThreshold: -1'), undefined],
    [breaker('enabled: true, timeout: 999ms'), 'operational.failureHandling.circuitBreaker.timeout'],
    [
      breaker('enabled: on, failureThreshold: -1'),
      'operational.failureHandling.circuitBreaker.failureThreshold',
    ],
    ['passthroughHeaders: [null]', undefined],
  ])('%s', (yaml, path) => {
    expect(paths(parse(yaml))).toEqual(path === undefined ? [] : [path]);
  });
});
