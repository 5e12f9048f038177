import { expect, it } from 'vitest';
import { review } from '../rules/support.ts';

function server(rateLimiting: object, labels: object = {}, more: object = {}): Record<string, unknown> {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServer',
    metadata: { name: 'a', namespace: 'apps', labels, ...more },
    spec: { image: 'x', rateLimiting },
  };
}

const POISON = { shared: { maxTokens: 5, refillPeriod: '1d' } };

it('denies an object that the operator could not decode, and says what Go says', async () => {
  expect(await review({ object: server(POISON) })).toMatchObject({
    kind: 'denied',
    reasons: ['undecodable-field'],
    causes: [
      {
        field: 'spec.rateLimiting.shared.refillPeriod',
        message: expect.stringContaining('(time: unknown unit "d" in duration "1d")'),
      },
    ],
  });
});

it('lets an update of a stored one pass that leaves the field as it was, with a warning', async () => {
  const update = {
    oldObject: server(POISON),
    object: server(POISON, { team: 'x' }),
    operation: 'UPDATE',
  } as const;
  expect(await review(update)).toMatchObject({
    kind: 'allowed',
    reasons: ['undecodable-field'],
    warnings: [expect.stringContaining('pre-existing violation')],
  });
});

it.each([
  ['another field', { ...POISON, perUser: { maxTokens: 5, refillPeriod: '2d' } }],
  ['another wrong value', { shared: { maxTokens: 5, refillPeriod: '2d' } }],
])('denies an update that adds %s', async (_what, rateLimiting) => {
  const update = { oldObject: server(POISON), object: server(rateLimiting), operation: 'UPDATE' } as const;
  expect(await review(update)).toMatchObject({ kind: 'denied' });
});

it('lets the end of a deletion and the deletion itself pass', async () => {
  const deleting = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [] };
  const oldObject = server(POISON);
  expect(
    await review({ oldObject, object: server(POISON, {}, deleting), operation: 'UPDATE' }),
  ).toMatchObject({
    kind: 'allowed',
  });
  expect(await review({ oldObject, operation: 'DELETE' })).toMatchObject({ kind: 'allowed' });
});

it('says it beside what else is wrong with the object, malformed or not', async () => {
  const spec = { type: 'obo', obo: { cacheSkew: '1d' }, tokenExchange: 'x' };
  const object = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPExternalAuthConfig',
    metadata: { name: 'a', namespace: 'apps' },
    spec,
  };
  expect(await review({ object })).toMatchObject({
    kind: 'denied',
    reasons: ['undecodable-field', 'malformed-field', 'auth-not-in-this-build'],
  });
});

it('denies what is nested too deep to be looked at, without an error', async () => {
  let step: object = { id: 'b', timeout: 30 };
  for (let depth = 0; depth < 50_000; depth++) step = { id: 'a', step };
  const object = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPCompositeToolDefinition',
    metadata: { name: 'a', namespace: 'apps' },
    spec: { name: 't', description: 'd', steps: [step] },
  };
  expect(await review({ object })).toMatchObject({
    kind: 'denied',
    causes: expect.arrayContaining([
      expect.objectContaining({ message: expect.stringContaining('nest it at most 50 levels deep') }),
    ]),
  });
});

it('tells at most 20 fields of an object with half a million wrong ones', async () => {
  const tools = Array.from({ length: 500_000 }, () => ({ shared: { refillPeriod: '1d' } }));
  const outcome = await review({ object: server({ tools }) });
  expect(outcome).toMatchObject({ kind: 'denied' });
  expect(outcome.kind === 'denied' && outcome.causes).toHaveLength(20);
});
