import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_INJECTION_SETTINGS } from '../../../../src/injection/contract.ts';
import { classify, type Decision, decide, type Facts } from '../../../../src/injection/pod/selector.ts';

const COLUMNS = [
  'operatorMade',
  'selfManaged',
  'mirror',
  'optedOut',
  'virtualServerKnown',
  'groupNamed',
  'groupExists',
  'staticMode',
] as const satisfies readonly (keyof Facts)[];

interface Row {
  readonly cells: readonly string[];
  readonly decision: Decision;
}

/** The truth table that stands above the code. */
function readTable(): Row[] {
  const file = join(import.meta.dirname, '../../../../src/injection/pod/selector.ts');
  const lines = readFileSync(file, 'utf8').matchAll(
    /^ \* \| ((?:(?:yes|no|-) *\| )+)(\w+)(?:: ([\w-]+))? \|$/gm,
  );
  return [...lines].map(([, cells = '', action, reason]) => ({
    cells: cells.split('|').map((cell) => cell.trim()),
    decision: { action, ...(reason && { reason }) } as Decision,
  }));
}

const rows = readTable();
const everyCombination = Array.from({ length: 2 ** COLUMNS.length }, (_, bits) =>
  Object.fromEntries(COLUMNS.map((column, index) => [column, ((bits >> index) & 1) === 1])),
) as unknown as Facts[];

function rowsFor(facts: Facts): Row[] {
  return rows.filter(({ cells }) =>
    COLUMNS.every((column, index) => cells[index] === '-' || (cells[index] === 'yes') === facts[column]),
  );
}

describe('the truth table that decides about a Pod', () => {
  it('has exactly one row for each of the 256 combinations of facts', () => {
    expect(rows).toHaveLength(12);
    for (const facts of everyCombination) expect(rowsFor(facts)).toHaveLength(1);
  });

  it('says what the code does, in all of them', () => {
    for (const facts of everyCombination)
      expect(decide(facts, DEFAULT_INJECTION_SETTINGS)).toEqual(rowsFor(facts)[0]?.decision);
  });

  it('skips a self-managed Pod instead of refusing it when the setting says so', () => {
    for (const facts of everyCombination) {
      const strict = decide(facts, DEFAULT_INJECTION_SETTINGS);
      const lenient = decide(facts, { ...DEFAULT_INJECTION_SETTINGS, unknownGroup: 'allow' });
      expect(lenient).toEqual(strict.action === 'refuse' ? { ...strict, action: 'skip' } : strict);
    }
  });
});

const OPERATOR = { 'app.kubernetes.io/name': 'virtualmcpserver', 'app.kubernetes.io/instance': 'team' };
const ENABLED = { 'vmcp-admission.dev/inject': 'enabled' };
const DISABLED = { 'vmcp-admission.dev/inject': 'disabled' };
const GROUP = { 'vmcp-admission.dev/group': ' team ' };
const OTHER = { operatorMade: false, selfManaged: false, mirror: false, optedOut: false };
const MADE = { ...OTHER, operatorMade: true, instance: 'team' };
const OWN = { ...OTHER, selfManaged: true };

describe('the class of a Pod', () => {
  it.each([
    ['no labels', undefined, GROUP, OTHER],
    ['a label of another value', { 'vmcp-admission.dev/inject': 'yes' }, GROUP, OTHER],
    ['the name label alone', { 'app.kubernetes.io/name': 'virtualmcpserver' }, {}, OTHER],
    ['the labels of the operator', OPERATOR, GROUP, MADE],
    ['the labels of both kinds', { ...OPERATOR, ...ENABLED }, GROUP, MADE],
    ['the label of self-managed Pods', ENABLED, {}, OWN],
    ['that label and a group', ENABLED, GROUP, { ...OWN, annotatedGroup: 'team' }],
    ['an empty group', ENABLED, { 'vmcp-admission.dev/group': ' ' }, OWN],
    ['the opt-out label', DISABLED, {}, { ...OWN, optedOut: true }],
    ['the opt-out annotation', ENABLED, DISABLED, { ...OWN, optedOut: true }],
    [
      'the opt-out label beside the operator’s',
      { ...OPERATOR, ...DISABLED },
      {},
      { ...MADE, optedOut: true },
    ],
    ['the operator’s labels and the opt-out annotation', OPERATOR, DISABLED, { ...MADE, optedOut: true }],
    ['the mark of a mirror Pod', OPERATOR, { 'kubernetes.io/config.mirror': 'x' }, { ...MADE, mirror: true }],
  ])('with %s', (_, labels, annotations, expected) => {
    const wanted = { instance: undefined, annotatedGroup: undefined, ...expected };
    expect(classify({ metadata: { labels, annotations } })).toEqual(wanted);
  });

  it('is that of a mirror Pod when a node owns it', () => {
    const metadata = { labels: OPERATOR, ownerReferences: [{ kind: 'Node' }] };
    expect(classify({ metadata }).mirror).toBe(true);
  });
});
