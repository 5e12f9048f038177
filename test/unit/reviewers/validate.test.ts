import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import { defaultLevels, defaultPolicy } from '../../../src/validation/policy.ts';
import { entry, review, TEAM, toRequest } from '../validation/support.ts';

const BAD_URL = { remoteUrl: 'http://localhost:8080/mcp' };
const OTHER_BAD_URL = { remoteUrl: 'http://127.0.0.1:8080/mcp' };
const cluster = TEAM;

describe('creation', () => {
  it('allows an entry that nothing is wrong with, without a word', async () => {
    expect(await review({ object: entry(), cluster })).toMatchObject({
      kind: 'allowed',
      warnings: [],
      reasons: [],
    });
  });

  it('names every mistake of an object at once, with field and rule', async () => {
    const object = entry({
      ...BAD_URL,
      transport: 'stdio',
      caBundleRef: { configMapRef: { name: '', key: 'a..b' } },
      headerForward: { addPlaintextHeaders: { Host: 'x', 'X Y': 'z', 'X-A': 'a\nb' } },
    });
    const outcome = await review({ object, cluster });
    expect(outcome.kind === 'denied' && outcome.causes.map(({ field, reason }) => [field, reason])).toEqual([
      ['spec.remoteUrl', 'FieldValueInvalid'],
      ['spec.transport', 'FieldValueNotSupported'],
      ['spec.caBundleRef.configMapRef.name', 'FieldValueRequired'],
      ['spec.caBundleRef.configMapRef.key', 'FieldValueInvalid'],
      ['spec.headerForward.addPlaintextHeaders[Host]', 'FieldValueForbidden'],
      ['spec.headerForward.addPlaintextHeaders[X Y]', 'FieldValueInvalid'],
      ['spec.headerForward.addPlaintextHeaders[X-A]', 'FieldValueInvalid'],
    ]);
    expect(outcome.audit.rules).toContain('remote-url-blocked-host');
  });

  it.each(['v1alpha1', 'v1beta1'])('judges version %s alike', async (version) => {
    const object = { ...entry(BAD_URL), apiVersion: `toolhive.stacklok.dev/${version}` };
    expect(await review({ object, cluster })).toMatchObject({
      kind: 'denied',
      reasons: ['remote-url-blocked-host'],
    });
  });

  it('understands the old spellings and names the fields as they were written', async () => {
    const spec = { remoteURL: 'http://localhost/', transport: 'sse', groupRef: 'team' };
    const object = { ...entry(), apiVersion: 'toolhive.stacklok.dev/v1alpha1', spec };
    const outcome = await review({ object, cluster });
    expect(outcome).toMatchObject({
      kind: 'denied',
      causes: [{ field: 'spec.remoteURL', rule: 'remote-url-blocked-host' }],
      warnings: [expect.stringMatching(/^spec\.remoteURL: /), expect.stringMatching(/^spec\.groupRef: /)],
    });
  });

  it('takes generateName for the name', async () => {
    const ca = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
    const object = entry(ca, { name: undefined, generateName: 'billing.' });
    expect((await review({ object, cluster })).reasons).toContain('name-dotted-ca-bundle');
  });

  it('passes other kinds, other groups and unknown versions', async () => {
    for (const type of [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: 'Other' },
      { apiVersion: 'toolhive.stacklok.dev/v9', kind: 'MCPServerEntry' },
      { apiVersion: 'other.example/v1beta1', kind: 'MCPServerEntry' },
      { apiVersion: 'toolhive.stacklok.dev/v1beta1', kind: '__proto__' },
    ])
      expect(await review({ object: { ...entry(BAD_URL), ...type } })).toMatchObject({
        kind: 'allowed',
        reasons: ['kind-not-reviewed'],
      });
  });

  it('answers a review without an object as a bad request', async () => {
    expect(await review({ operation: 'CREATE' })).toMatchObject({ kind: 'errored', code: 400 });
  });

  it('passes everything in an exempt namespace', async () => {
    const policy = { ...defaultPolicy(), exemptNamespaces: new Set(['default']) };
    expect(await review({ object: entry(BAD_URL), policy })).toMatchObject({
      kind: 'allowed',
      reasons: ['namespace-exempt'],
    });
  });

  it('follows the levels of the policy', async () => {
    const levels = { ...defaultLevels(), 'remote-url-blocked-host': 'warn' as const };
    expect(
      await review({ object: entry(BAD_URL), cluster, policy: { ...defaultPolicy(), levels } }),
    ).toMatchObject({
      kind: 'allowed',
      warnings: [expect.stringContaining('localhost')],
    });
    const off = { ...defaultLevels(), 'remote-url-blocked-host': 'off' as const };
    expect(
      await review({ object: entry(BAD_URL), cluster, policy: { ...defaultPolicy(), levels: off } }),
    ).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });
});

describe('fields of the wrong JSON type', () => {
  const junk: unknown[] = [5, true, 'x', [], [5], {}, null, 1e300, { name: 5 }, [[]], [null]];
  const paths = [
    ...[
      'spec',
      'spec.remoteUrl',
      'spec.transport',
      'spec.groupRef',
      'spec.groupRef.name',
      'spec.caBundleRef',
    ],
    ...['spec.caBundleRef.configMapRef', 'spec.headerForward', 'spec.headerForward.addPlaintextHeaders'],
    ...['spec.headerForward.addHeadersFromSecret', 'spec.externalAuthConfigRef', 'spec.allowPrivateEndpoint'],
    ...[
      'metadata.annotations',
      'metadata.labels',
      'metadata.generation',
      'metadata.name',
      'status',
      'status.phase',
    ],
  ];
  const put = (path: string, value: unknown) => {
    const object = structuredClone(entry()) as Record<string, unknown>;
    const keys = path.split('.');
    let at = object;
    for (const key of keys.slice(0, -1)) {
      if (typeof at[key] !== 'object' || at[key] === null) at[key] = {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys.at(-1) ?? ''] = value;
    return object;
  };

  it.each(paths)('of %s are told about, never thrown', async (path) => {
    for (const value of junk)
      for (const spec of [
        { object: put(path, value) },
        { object: put(path, value), oldObject: entry() },
        { object: entry(), oldObject: put(path, value) },
        { object: put(path, value), oldObject: put(path, value) },
        { object: put(path, value), oldObject: entry(), subResource: 'status' },
      ]) {
        const outcome = await review({ ...spec, cluster });
        expect(['allowed', 'denied']).toContain(outcome.kind);
      }
  });

  it('are named by field', async () => {
    expect(await review({ object: put('spec.remoteUrl', 5), cluster })).toMatchObject({
      kind: 'denied',
      causes: [
        { rule: 'malformed-field', field: 'spec.remoteUrl', detail: 'must be a string, not a number' },
      ],
    });
  });
});

describe('updates', () => {
  it('only warn about an old mistake that is left as it was', async () => {
    const outcome = await review({
      object: entry(BAD_URL, { labels: { a: 'b' } }),
      oldObject: entry(BAD_URL),
      cluster,
    });
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['remote-url-blocked-host'] });
    expect(outcome.warnings).toHaveLength(1);
  });

  it('deny a new mistake of the same rule, and one that was not there', async () => {
    for (const spec of [
      OTHER_BAD_URL,
      { ...BAD_URL, transport: 'stdio' },
      { remoteUrl: 'http://localhost:8081/mcp' },
    ])
      expect(await review({ object: entry(spec), oldObject: entry(BAD_URL), cluster })).toMatchObject({
        kind: 'denied',
      });
    expect(await review({ object: entry(BAD_URL), oldObject: entry(), cluster })).toMatchObject({
      kind: 'denied',
    });
  });

  it('deny a changed secret part of a value that no message shows', async () => {
    const old = entry({ remoteUrl: 'https://u:one@mcp.example.com/' });
    const object = entry({ remoteUrl: 'https://u:two@mcp.example.com/' });
    expect(await review({ object, oldObject: old, cluster })).toMatchObject({ kind: 'denied' });
    expect(await review({ object: old, oldObject: old, cluster })).toMatchObject({ kind: 'allowed' });
    const header = (value: string) => entry({ headerForward: { addPlaintextHeaders: { 'X-A': value } } });
    expect(await review({ object: header('$(B)'), oldObject: header('$(A)'), cluster })).toMatchObject({
      kind: 'denied',
    });
  });

  it('do not take an item for new because others of its list were removed', async () => {
    const headers = (...names: string[]) =>
      entry({
        headerForward: {
          addHeadersFromSecret: names.map((headerName) => ({
            headerName,
            valueSecretRef: { name: 's', key: 'k' },
          })),
        },
      });
    const oldObject = headers('X-A', 'X-B', 'Host', 'X-C', 'x-c');
    expect(await review({ object: headers('Host', 'X-C', 'x-c'), oldObject, cluster })).toMatchObject({
      kind: 'allowed',
    });
    expect(await review({ object: headers('Host', 'Connection'), oldObject, cluster })).toMatchObject({
      kind: 'denied',
      causes: [{ field: expect.stringContaining('[1]') }],
    });
  });

  it('judge the old object in the present cluster, so that others may not turn it into a denial', async () => {
    const ca = { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } };
    const object = entry(ca, { name: 'team.a' });
    expect(await review({ object, oldObject: object, cluster })).toMatchObject({ kind: 'allowed' });
  });

  it('allow the removal of a mistake in silence', async () => {
    expect(await review({ object: entry(), oldObject: entry(BAD_URL), cluster })).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });
});

describe('deletion', () => {
  const deletionTimestamp = '2026-01-01T00:00:00Z';

  it('is never blocked, whatever the object looks like', async () => {
    for (const oldObject of [
      entry(BAD_URL),
      { ...entry(), spec: 5 },
      { ...entry(), metadata: 5 },
      null,
      undefined,
      5,
    ])
      expect(await review({ operation: 'DELETE', oldObject })).toMatchObject({
        kind: 'allowed',
        warnings: [],
      });
  });

  it('lets finalizers of any object go', async () => {
    for (const object of [
      entry(BAD_URL, { deletionTimestamp }),
      { ...entry({}, { deletionTimestamp }), spec: 5 },
      entry({}, { deletionTimestamp, annotations: 5 }),
    ])
      for (const subResource of [undefined, 'status'])
        expect(
          await review({ object, oldObject: entry(), ...(subResource === undefined ? {} : { subResource }) }),
        ).toMatchObject({ kind: 'allowed', reasons: ['being-deleted'] });
  });
});

describe('writes of the status', () => {
  const subResource = 'status';
  const was = (phase: string, spec = {}) => entry(spec, { generation: 3 }, { phase, observedGeneration: 3 });
  const write = (oldObject: object, status: object) =>
    review({ object: { ...oldObject, status }, oldObject, subResource, cluster });

  it.each(['Pending', 'Failed', ''])(
    'deny the step from %j to Valid of an entry whose spec is denied',
    async (from) => {
      const outcome = await write(was(from, BAD_URL), { phase: 'Valid', observedGeneration: 3 });
      expect(outcome).toMatchObject({
        kind: 'denied',
        causes: [{ rule: 'phase-valid-of-denied-spec', field: 'status.phase' }],
      });
    },
  );

  it('deny it also when there was no status, and when the review has no old object', async () => {
    const object = entry(BAD_URL, {}, { phase: 'Valid', observedGeneration: 1 });
    for (const oldObject of [entry(BAD_URL), undefined])
      expect(await review({ operation: 'UPDATE', object, oldObject, subResource, cluster })).toMatchObject({
        kind: 'denied',
      });
  });

  it('warn when Valid stays Valid', async () => {
    const outcome = await write(was('Valid', BAD_URL), {
      phase: 'Valid',
      observedGeneration: 3,
      conditions: [],
    });
    expect(outcome).toMatchObject({ kind: 'allowed', reasons: ['phase-kept-valid'] });
  });

  it.each(['Pending', 'Failed'])('allow the step to %s of any entry', async (phase) => {
    expect(await write(was('Valid', BAD_URL), { phase, observedGeneration: 3 })).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });

  it('allow the step to Valid of an entry that is only warned about', async () => {
    const spec = { groupRef: { name: 'later' } };
    expect(await write(was('Pending', spec), { phase: 'Valid', observedGeneration: 3 })).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });

  it('follow the level of the rule that denies the spec', async () => {
    const levels = { ...defaultLevels(), 'remote-url-blocked-host': 'warn' as const };
    const oldObject = was('Failed', BAD_URL);
    const object = { ...oldObject, status: { phase: 'Valid', observedGeneration: 3 } };
    const policy = { ...defaultPolicy(), levels };
    expect(await review({ object, oldObject, subResource, cluster, policy })).toMatchObject({
      kind: 'allowed',
    });
  });

  it('deny phases outside the enumeration and generations of the future, once', async () => {
    for (const status of [
      { phase: 'Ready' },
      { phase: 'valid' },
      { phase: 'Failed', observedGeneration: 4 },
    ]) {
      expect(await write(was('Pending'), status)).toMatchObject({ kind: 'denied' });
      const stored = entry({}, { generation: 3 }, status);
      expect(await write(stored, { ...status, conditions: [] })).toMatchObject({ kind: 'allowed' });
    }
  });

  it('warn of Valid for an older generation', async () => {
    expect(await write(was('Pending'), { phase: 'Valid', observedGeneration: 2 })).toMatchObject({
      kind: 'allowed',
      reasons: ['phase-stale'],
    });
  });

  it('of other kinds pass', async () => {
    const object = { ...entry(BAD_URL), kind: 'MCPRemoteProxy', status: { phase: 'Ready' } };
    expect(await review({ object, oldObject: object, subResource })).toMatchObject({
      kind: 'allowed',
      warnings: [],
    });
  });
});

describe('an entry of 1.5 MiB with ten thousand headers', () => {
  const many = (value: (index: number) => [string, string]) =>
    entry({
      remoteUrl: 'http://localhost/',
      headerForward: {
        addPlaintextHeaders: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => value(index))),
        addHeadersFromSecret: Array.from({ length: 10_000 }, (_, index) => ({
          headerName: `x h ${index}`,
          valueSecretRef: { name: `s${index}`, key: '' },
        })),
      },
    });
  it.each([
    ['bad names', many((index) => [`bad name ${index}`, 'x'.repeat(120)])],
    ['values that open what is never closed', many((index) => [`X-${index}`, '$('.repeat(60)])],
    ['one name in many cases', many((index) => [`x${'-a'.repeat(index % 50)}-${index}`, '$(A)'.repeat(20)])],
  ])('(%s) is answered in few words', async (_what, object) => {
    const text = JSON.stringify(
      toReview(toRequest({ object }), await review({ object, oldObject: entry(), cluster })),
    );
    expect(text.length).toBeLessThan(150_000);
    const { response } = JSON.parse(text);
    expect(response.allowed).toBe(false);
    expect(response.status.details.causes.length).toBeLessThanOrEqual(101);
    expect(response.status.message.length).toBeLessThan(9_000);
    expect(response.warnings?.length ?? 0).toBeLessThanOrEqual(6);
  });

  it('with one value of a million characters is answered too', async () => {
    for (const value of [
      '$('.repeat(700_000),
      ' '.repeat(1_400_000),
      'bearer '.repeat(200_000),
      '\t'.repeat(1_400_000),
    ])
      for (const name of ['X-A', 'a-'.repeat(600_000), 'secret'.repeat(200_000)]) {
        const object = entry({ headerForward: { addPlaintextHeaders: { [name]: value } } });
        expect((await review({ object, cluster })).kind).toBe('denied');
      }
    for (const remoteUrl of [
      `https://${'a'.repeat(1_500_000)}/`,
      `https://xn--${'a'.repeat(1_500_000)}/`,
      `https://${'a.'.repeat(700_000)}/`,
      `https://h/${'%'.repeat(1_500_000)}`,
      `https://${'[:'.repeat(700_000)}`,
      `https://${'@'.repeat(1_500_000)}`,
      `https://${'0x0.'.repeat(300_000)}/`,
    ])
      expect((await review({ object: entry({ remoteUrl }), cluster })).kind).toBe('denied');
  });
});
