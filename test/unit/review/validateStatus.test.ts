import { describe, expect, it } from 'vitest';
import { defaultLevels, defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { policyOf } from '../rules/policy/support.ts';
import { entry, review, TEAM } from '../rules/support.ts';

const BAD_URL = { remoteUrl: 'http://localhost:8080/mcp' };
const cluster = TEAM;

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
        causes: [
          { field: 'status.phase', message: expect.stringMatching(/ \[phase-valid-of-denied-spec\]$/) },
        ],
      });
    },
  );

  it('say that a value is required where the spec lacks one', async () => {
    const outcome = await write(was('Pending', { remoteUrl: undefined }), { phase: 'Valid' });
    expect(outcome).toMatchObject({
      causes: [
        { message: expect.stringContaining('would be denied: spec.remoteUrl: Required value: the URL') },
      ],
    });
  });

  it('deny it also when there was no status, and when the review has no old object', async () => {
    const object = entry(BAD_URL, {}, { phase: 'Valid', observedGeneration: 1 });
    for (const oldObject of [entry(BAD_URL), undefined])
      expect(await review({ operation: 'UPDATE', object, oldObject, subResource, cluster })).toMatchObject({
        kind: 'denied',
      });
  });

  it.each([
    ['the spec', { headerForward: 'X-Api-Key' }, {}],
    ['the metadata', {}, { annotations: 'x' }],
  ])(
    'deny the step to Valid when %s is malformed, and keep a Valid that was there',
    async (_, spec, metadata) => {
      const stored = (phase: string) => entry(spec, { generation: 3, ...metadata }, { phase });
      expect(await write(stored('Pending'), { phase: 'Valid', observedGeneration: 3 })).toMatchObject({
        kind: 'denied',
        causes: [
          { field: 'status.phase', message: expect.stringMatching(/ \[phase-valid-of-denied-spec\]$/) },
        ],
        reasons: ['phase-valid-of-denied-spec', 'malformed-field'],
      });
      expect(await write(stored('Valid'), { phase: 'Valid', observedGeneration: 3 })).toMatchObject({
        kind: 'allowed',
        reasons: ['malformed-field', 'phase-kept-valid'],
      });
      expect(await write(stored('Valid'), { phase: 'Failed' })).toMatchObject({ kind: 'allowed' });
    },
  );

  it.each([
    ['its name', 'names: ["team-*"]', {}],
    ['its CA bundle', 'rules: {ca-bundle-without-source: deny}', { caBundleRef: {} }],
  ])('deny the step to Valid when the policy denies the entry for %s', async (_, policy, spec) => {
    const status = { phase: 'Valid', observedGeneration: 3 };
    const step = (from: string) => {
      const oldObject = was(from, spec);
      const object = { ...oldObject, status };
      return review({ object, oldObject, subResource, cluster, policy: policyOf(policy) });
    };
    expect(await step('Pending')).toMatchObject({
      kind: 'denied',
      reasons: ['phase-valid-of-denied-spec'],
    });
    expect(await step('Valid')).toMatchObject({ kind: 'allowed', reasons: [] });
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
