import { describe, expect, it } from 'vitest';
import { manifestCatalog } from '../../../../src/catalog/manifests/manifestCatalog.ts';
import { addCatalogGauges, catalogObserver } from '../../../../src/cli/serve/catalogMetrics.ts';
import { EXCLUSION_REASONS, NOTE_REASONS, POD_REASONS } from '../../../../src/injection/report/reasons.ts';
import { validateReviewer } from '../../../../src/review/validate.ts';
import { RULE_IDS } from '../../../../src/rules/index.ts';
import { CertWatcher } from '../../../../src/server/tls/certWatcher.ts';
import { TOOLHIVE_KINDS } from '../../../../src/toolhive/kinds.ts';
import { policyOf } from '../../rules/policy/support.ts';
import { httpApp, recordedLog, reviewOf, testMetrics } from '../support.ts';
import { type Family, lint, readMetrics } from './metricsText.ts';

/** Names, paths and values as a hostile caller would choose them, each with a mark that is found again. */
const HOSTILE = [
  'MARK"} 1\n# TYPE x counter\nx 1',
  'MARK\\',
  'MARK{a="b"}',
  `MARK${'x'.repeat(300)}`,
  'MARK\u2028',
];

/** Every label that is ours, and what it may be. */
const ALLOWED: Readonly<Record<string, readonly string[] | RegExp>> = {
  webhook: ['validate', 'mutate', 'none'],
  operation: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  outcome: [
    'allowed',
    'denied',
    'patched',
    'errored',
    'loaded',
    'missing',
    'broken',
    'mismatched',
    'expired',
    'not-yet-valid',
  ],
  rule: [
    ...RULE_IDS,
    ...Object.keys(POD_REASONS),
    ...Object.keys(EXCLUSION_REASONS),
    ...Object.keys(NOTE_REASONS),
    ...['namespace-exempt', 'kind-not-reviewed', 'being-deleted'],
  ],
  code: /^[1-5]\d\d$/,
  kind: /^(MCP|VirtualMCP)[A-Za-z]+$/,
  version: /^\d+\.\d+\.\d+$/,
  node: /^v\d+\.\d+\.\d+$/,
  le: /^(\+Inf|\d+(\.\d+)?)$/,
};

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Only warns one user. */
const WARNED = policyOf('scopes: [{users: [warned], enforcement: warn}]');

/** The page after reviews and requests with hostile values wherever a caller can put one. */
async function page(): Promise<{ families: readonly Family[]; text: string }> {
  const { url, metrics } = await httpApp({
    validate: validateReviewer({ catalog: manifestCatalog([]), policy: WARNED }),
  });
  for (const name of HOSTILE) {
    const object = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: { name, namespace: name, labels: { [name]: name } },
      spec: { remoteUrl: `http://localhost/${name}`, transport: name, groupRef: { name }, [name]: name },
    };
    const changes = {
      uid: name,
      name,
      namespace: name,
      userInfo: { username: name },
      subResource: name,
      object,
    };
    for (const operation of ['CREATE', 'UPDATE', name])
      await post(
        `${url}/validate?timeout=${encodeURIComponent(name)}`,
        JSON.stringify(reviewOf({ ...changes, operation })),
      );
    const kind = { group: name, version: name, kind: name };
    const warned = {
      ...changes,
      kind,
      userInfo: { username: 'warned' },
      subResource: '',
      operation: 'CREATE',
    };
    await post(`${url}/validate`, JSON.stringify(reviewOf(warned)));
    await post(
      `${url}/mutate`,
      JSON.stringify(reviewOf({ ...changes, kind, resource: { ...kind, resource: name } })),
    );
    await post(`${url}/${encodeURIComponent(name)}`, name);
    await post(`${url}/validate`, name);
    await post(`${url}/validate`, '{}', { 'Content-Type': `MARK/${name.length}` });
  }
  const { log } = recordedLog();
  const observer = catalogObserver(metrics.meter, log, TOOLHIVE_KINDS);
  for (const name of HOSTILE) {
    observer.malformed?.('MCPServerEntry', name, name, name);
    const scope = { kind: 'MCPGroup', namespace: name } as const;
    observer.failed?.({ ...scope, operation: 'list', reason: 'refused', message: name, waitMs: 1 });
    observer.relist?.(scope, name);
    observer.readFailed?.('MCPGroup', 'refused', name);
  }
  const state = { synced: true, objects: 1, malformed: 0, bytes: 1, ageMs: 1, problem: HOSTILE[0] };
  addCatalogGauges(metrics.meter, () => [{ kind: 'MCPGroup', namespace: HOSTILE[0], ...state }], 1);
  const text = await metrics.registry.metrics();
  return { families: readMetrics(text), text };
}

describe('the metrics page after hostile callers', () => {
  it('is one that promtool has nothing to say about', async () => {
    const { families } = await page();
    expect(families.length).toBeGreaterThan(30);
    expect(families.flatMap(lint)).toEqual([]);
  });

  it('holds nothing that a caller chose', async () => {
    const { families, text } = await page();
    expect(text).not.toContain('MARK');
    expect(text).toContain(
      'vmcp_admission_would_deny_total{rule="remote-url-blocked-host",kind="MCPServerEntry"}',
    );
    const ours = families.filter(({ name }) => name.startsWith('vmcp_admission_'));
    for (const { name, samples } of ours)
      for (const { labels } of samples)
        for (const [label, value] of Object.entries(labels)) {
          const allowed =
            name.endsWith('_catalog_events_total') || name.endsWith('_failures_total')
              ? undefined
              : ALLOWED[label];
          if (allowed === undefined)
            expect(['kind', 'type', 'operation', 'reason'], `${name}: ${label}`).toContain(label);
          else if (allowed instanceof RegExp) expect(value, `${name}: ${label}`).toMatch(allowed);
          else expect(allowed, `${name}: ${label}`).toContain(value);
        }
  });

  it('counts every request once: a review, or a refusal', async () => {
    const { families } = await page();
    const sum = (name: string) =>
      families.find((family) => family.name === name)?.samples.reduce((total, { value }) => total + value, 0);
    const reviews = sum('vmcp_admission_reviews_total') ?? 0;
    const refused = sum('vmcp_admission_refused_requests_total') ?? 0;
    expect(reviews + refused).toBe(HOSTILE.length * 8);
  });
});

describe('the metrics page before anything has happened', () => {
  it('holds at 0 every series that an alert asks for', async () => {
    const metrics = testMetrics();
    const { meter } = metrics;
    const { log } = recordedLog();
    catalogObserver(meter, log, TOOLHIVE_KINDS);
    const now = () => new Date();
    new CertWatcher({ folder: '/nowhere', clientCa: undefined, log, meter, now, use: () => {}, poll: 1 });
    const families = readMetrics(await metrics.registry.metrics());
    expect(families.flatMap(lint)).toEqual([]);
    const series = (name: string) =>
      families
        .find((family) => family.name === `vmcp_admission_${name}`)
        ?.samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]);
    expect(series('reviews_total')).toEqual([
      ['validate CREATE allowed', 0],
      ['validate CREATE denied', 0],
      ['validate CREATE errored', 0],
      ['validate UPDATE allowed', 0],
      ['validate UPDATE denied', 0],
      ['validate UPDATE errored', 0],
      ['validate DELETE allowed', 0],
      ['validate DELETE denied', 0],
      ['validate DELETE errored', 0],
      ['mutate CREATE allowed', 0],
      ['mutate CREATE patched', 0],
      ['mutate CREATE denied', 0],
      ['mutate CREATE errored', 0],
    ]);
    expect(series('refused_requests_total')).toEqual([
      ...['validate', 'mutate'].flatMap((webhook) =>
        [400, 405, 408, 413, 415, 429, 499].map((code) => [`${webhook} ${code}`, 0]),
      ),
      ...[401, 403, 404, 500, 503].map((code) => [`none ${code}`, 0]),
    ]);
    expect(series('catalog_failures_total')).toEqual(
      TOOLHIVE_KINDS.flatMap((kind) => ['list', 'watch'].map((operation) => [`${kind} ${operation}`, 0])),
    );
    expect(series('certificate_reloads_total')).toHaveLength(6);
  });
});

describe('the reader of metrics pages', () => {
  it.each([
    ['a sample without HELP and TYPE', 'a_total 1\n'],
    ['a value that is no number', '# HELP a b\n# TYPE a gauge\na one\n'],
    ['a label that is not escaped', '# HELP a b\n# TYPE a gauge\na{l="x"y"} 1\n'],
    ['a series twice', '# HELP a b\n# TYPE a gauge\na{l="x"} 1\na{l="x"} 2\n'],
    ['a page that was cut', '# HELP a b\n# TYPE a gauge\na 1'],
  ])('refuses %s', (_what, text) => {
    expect(() => readMetrics(text)).toThrow();
  });

  it('sees buckets that are not cumulative', () => {
    const text =
      '# HELP h h\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n';
    expect(readMetrics(text).flatMap(lint)).toEqual(['h: buckets are not cumulative']);
  });
});
