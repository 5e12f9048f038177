import { describe, expect, it } from 'vitest';
import { nextStep, type Plan } from '../../../src/rotation/nextStep.ts';
import type { Authority, Configuration, Leaf, State } from '../../../src/rotation/state.ts';

const DAY = 24 * 3_600_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const day = (days: number) => new Date(START + days * DAY);
const PLAN: Plan = { grace: DAY };

const ca = (pem: string, from: number): Authority => ({
  pem,
  notBefore: day(from),
  notAfter: day(from + 3_650),
});
const leaf = (issuer: string, from: number, more: Partial<Leaf> = {}): Leaf => ({
  madeAt: day(from),
  notAfter: day(from + 90),
  issuer,
  usable: true,
  ...more,
});

const trusting = (kind: Configuration['kind'], ...bundles: readonly string[][]): Configuration => ({
  kind,
  version: '1',
  trusted: new Map(bundles.map((bundle, index) => [`webhook-${index}`, bundle])),
});

interface Given {
  readonly authorities?: readonly Authority[];
  readonly canSign?: boolean;
  readonly leaf?: Leaf | undefined;
  /** What the two webhooks of the validating configuration trust. */
  readonly validating?: readonly [string[], string[]];
  readonly mutating?: string[];
  readonly plan?: Partial<Plan>;
}

/** An installation of day 0 with one CA, in which each test changes something. */
function stateOf(given: Given): State {
  const { authorities = [ca('a', 0)], canSign = true, validating = [['a'], ['a']], mutating = ['a'] } = given;
  return {
    configurations: [
      trusting('validatingwebhookconfigurations', ...validating),
      trusting('mutatingwebhookconfigurations', mutating),
    ],
    secret: { version: '1', authorities, canSign, leaf: 'leaf' in given ? given.leaf : leaf('a', 0) },
  };
}

function step(given: Given, at: number): unknown {
  const { configuration, ...next } = {
    configuration: undefined,
    ...nextStep(stateOf(given), day(at), { ...PLAN, ...given.plan }),
  } as { configuration?: Configuration };
  return configuration ? { ...next, in: configuration.kind } : next;
}

const [a, b] = [ca('a', 0), ca('b', 2_920)];
const empty: Given = { authorities: [], canSign: false, leaf: undefined, validating: [[], []], mutating: [] };
const VALIDATING = 'validatingwebhookconfigurations';
const MUTATING = 'mutatingwebhookconfigurations';
const nothing = (until: number) => ({ do: 'nothing', until: day(until) });
const trust = (kind: string, ...authorities: string[]) => ({ do: 'trust', in: kind, authorities });
const both = [b, a];

describe('the next step of a rotation', () => {
  it.each<readonly [situation: string, at: number, given: Given, expected: unknown]>([
    ['nothing is there', 0, empty, { do: 'make-authority' }],
    ['the first CA is stored', 0, { ...empty, authorities: [a], canSign: true }, trust(VALIDATING, 'a')],
    ['one configuration trusts it', 0, { leaf: undefined, mutating: [] }, trust(MUTATING, 'a')],
    [
      'one webhook of a configuration does not',
      0,
      { leaf: undefined, validating: [['a'], []] },
      trust(VALIDATING, 'a'),
    ],
    ['everything trusts it', 0, { leaf: undefined }, { do: 'issue-leaf', settle: false }],
    ['everything is new', 0, {}, nothing(60)],
    ['the certificate is a little younger than two thirds of its life', 59.9, {}, nothing(60)],
    ['the certificate is two thirds of its life old', 60, {}, { do: 'issue-leaf', settle: false }],
    ['the certificate has ended', 91, {}, { do: 'issue-leaf', settle: false }],
    [
      'the key does not belong to the certificate',
      1,
      { leaf: leaf('a', 0, { usable: false }) },
      { do: 'issue-leaf', settle: false },
    ],
    ['another CA signed the certificate', 1, { leaf: leaf('x', 0) }, { do: 'issue-leaf', settle: true }],
    ['the CA has lost its key', 1, { canSign: false }, { do: 'make-authority' }],
    ['the CA has a fifth of its life left', 2_920, { leaf: leaf('a', 2_900) }, { do: 'make-authority' }],
    [
      'the end of the CA comes before that of the certificate',
      2_915,
      { leaf: leaf('a', 2_900) },
      nothing(2_920),
    ],
    [
      'the second CA is stored',
      2_920,
      { authorities: both, leaf: leaf('a', 2_900) },
      trust(VALIDATING, 'b', 'a'),
    ],
    [
      'one configuration trusts both',
      2_920,
      {
        authorities: both,
        leaf: leaf('a', 2_900),
        validating: [
          ['b', 'a'],
          ['b', 'a'],
        ],
      },
      trust(MUTATING, 'b', 'a'),
    ],
    [
      'both configurations trust both',
      2_920,
      {
        authorities: both,
        leaf: leaf('a', 2_900),
        validating: [
          ['b', 'a'],
          ['b', 'a'],
        ],
        mutating: ['b', 'a'],
      },
      { do: 'issue-leaf', settle: true },
    ],
    [
      'the certificate of the second CA is stored',
      2_920.9,
      {
        authorities: both,
        leaf: leaf('b', 2_920),
        validating: [
          ['b', 'a'],
          ['b', 'a'],
        ],
        mutating: ['b', 'a'],
      },
      nothing(2_921),
    ],
    [
      'the grace time is over',
      2_921,
      {
        authorities: both,
        leaf: leaf('b', 2_920),
        validating: [
          ['b', 'a'],
          ['b', 'a'],
        ],
        mutating: ['b', 'a'],
      },
      { do: 'retire' },
    ],
    [
      'the first CA is out of the Secret',
      2_921,
      { authorities: [b], leaf: leaf('b', 2_920), validating: [['b'], ['b', 'a']], mutating: ['b', 'a'] },
      trust(VALIDATING, 'b'),
    ],
    [
      'the first CA is out of one configuration',
      2_921,
      { authorities: [b], leaf: leaf('b', 2_920), validating: [['b'], ['b']], mutating: ['b', 'a'] },
      trust(MUTATING, 'b'),
    ],
    [
      'the first CA is gone',
      2_921,
      { authorities: [b], leaf: leaf('b', 2_920), validating: [['b'], ['b']], mutating: ['b'] },
      nothing(2_980),
    ],
    [
      'someone emptied a caBundle while two CAs are needed',
      2_920.5,
      { authorities: both, leaf: leaf('b', 2_920), validating: [['b', 'a'], []], mutating: ['b', 'a'] },
      trust(VALIDATING, 'b', 'a'),
    ],
    [
      'another maker was there before: its CA stays until the grace time is over',
      0,
      { leaf: undefined, validating: [['x'], ['x']], mutating: ['x'] },
      trust(VALIDATING, 'a', 'x'),
    ],
    [
      'someone emptied the Secret: the CA in the configurations stays',
      5,
      { authorities: [ca('b', 5)], leaf: undefined },
      trust(VALIDATING, 'b', 'a'),
    ],
    ['a new CA is asked for', 1, { plan: { renew: 'ca' } }, { do: 'make-authority' }],
    ['a new certificate is asked for', 1, { plan: { renew: 'leaf' } }, { do: 'issue-leaf', settle: false }],
    [
      'the clock of the maker was ahead: its certificate is not seasoned yet',
      1,
      {
        authorities: both,
        leaf: leaf('b', 3),
        validating: [
          ['b', 'a'],
          ['b', 'a'],
        ],
        mutating: ['b', 'a'],
      },
      nothing(4),
    ],
  ])('when %s (day %d)', (_, at, given, expected) => {
    expect(step(given, at)).toEqual(expected);
  });

  it('goes on without a configuration that does not exist', () => {
    const { secret } = stateOf({ leaf: undefined });
    expect(nextStep({ configurations: [], secret }, day(0), PLAN)).toEqual({
      do: 'issue-leaf',
      settle: false,
    });
  });
});
