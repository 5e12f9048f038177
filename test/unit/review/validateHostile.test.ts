import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import { decided, entry, review, TEAM, toRequest } from '../rules/support.ts';

const cluster = TEAM;

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

  it.each([
    ['spec.remoteUrl', 5, 'must be a string, not a number'],
    ['spec.headerForward.addHeadersFromSecret', {}, 'must be an array, not an object'],
    ['spec.headerForward', [], 'must be an object, not an array'],
  ])('are named by field: %s', async (field, value, problem) => {
    expect(await review({ object: put(field, value), cluster })).toMatchObject({
      kind: 'denied',
      causes: [{ field, message: `Invalid value: ${problem} [malformed-field]` }],
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
      toReview(toRequest({ object }), decided(await review({ object, oldObject: entry(), cluster }))),
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

describe('lists and maps of half a million items', () => {
  const many = (value: unknown) => Array.from({ length: 450_000 }, () => value);
  const map = (value: unknown) =>
    Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`k${index}`, value]));
  const vmcp = (spec: object) => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: 'v', namespace: 'apps' },
    spec: { groupRef: { name: 'team' }, ...spec },
  });
  it.each([
    ['spec.passthroughHeaders', vmcp({ passthroughHeaders: many(1) })],
    ['spec.passthroughHeaders', vmcp({ passthroughHeaders: many('a b') })],
    ['spec.config.backends', vmcp({ config: { backends: many({ url: 'x', caBundlePath: '..' }) } })],
    ['spec.outgoingAuth.backends', vmcp({ outgoingAuth: { backends: map({ type: 'x' }) } })],
    ['spec.headerForward.addHeadersFromSecret', entry({ headerForward: { addHeadersFromSecret: many(1) } })],
  ])('in %s are counted and not looked at', async (field, object) => {
    expect(await review({ object, cluster })).toMatchObject({
      kind: 'denied',
      causes: [{ field, message: expect.stringMatching(/ \[malformed-field\]$/) }],
    });
  });

  it('that are annotations of a wrong type are told about up to a number', async () => {
    const outcome = await review({
      object: { ...entry(), metadata: { name: 'e', annotations: map(1) } },
      cluster,
    });
    expect(outcome).toMatchObject({ kind: 'denied', causes: { length: 20 } });
  });
});

describe('a name of a million characters', () => {
  const long = 'n'.repeat(1_000_000);
  it.each([
    ['metadata.name', { ...entry(), metadata: { name: long } }],
    ['spec.groupRef', entry({ groupRef: { name: long } })],
    ['spec.externalAuthConfigRef.name', entry({ externalAuthConfigRef: { name: long } })],
  ])('in %s is denied in one line', async (field, object) => {
    const outcome = await review({ object, cluster });
    expect(outcome).toMatchObject({
      kind: 'denied',
      causes: [{ field, message: expect.stringMatching(/ \[malformed-field\]$/) }],
    });
    expect(JSON.stringify(toReview(toRequest({ object }), decided(outcome))).length).toBeLessThan(2_000);
  });
});

describe('a malformed spec that is nested as deeply as JSON can be', () => {
  const deep = (core: string) => JSON.parse(`${'['.repeat(100_000)}${core}${']'.repeat(100_000)}`) as unknown;
  const update = (core: string) =>
    review({
      object: entry({ remoteUrl: 7, extra: deep(core) }),
      oldObject: entry({ remoteUrl: 7, extra: deep('1') }),
      cluster,
    });

  it('is told about when it is stored already', async () => {
    expect(await update('1')).toMatchObject({
      kind: 'allowed',
      warnings: [
        expect.stringMatching(
          /^spec\.remoteUrl: pre-existing violation, allowed because this update does not touch it: /,
        ),
      ],
    });
  });

  it('is denied when it has changed', async () => {
    expect(await update('2')).toMatchObject({ kind: 'denied', causes: [{ rule: 'malformed-field' }] });
  });
});
