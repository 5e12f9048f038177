import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/injection/pod/facts.ts';
import { type Decision, decide } from '../../../../src/injection/pod/selector.ts';
import { DEFAULT_INJECTION_SETTINGS } from '../../../../src/injection/settings.ts';

const COLUMNS = [
  'vmcpPod',
  'mirror',
  'optedOut',
  'selfManaged',
  'virtualServerKnown',
  'groupNamed',
  'groupExists',
  'staticMode',
] as const satisfies readonly (keyof Facts)[];

/** The table of decide.ts, one line a row: y, n or - for each column, then the decision by default. */
const TABLE = `
n - - - - - - -  skip not-a-vmcp-pod
y y - - - - - -  skip mirror-pod
y n y - - - - -  skip opted-out
y n n y - n - -  refuse group-not-named
y n n y - y n -  refuse group-unknown
y n n y - y y -  inject
y n n n n - - -  skip virtual-server-unknown
y n n n y n - -  skip group-not-named
y n n n y y - n  relax dynamic-mode
y n n n y y - y  inject
`;

const rows = TABLE.trim()
  .split('\n')
  .map((line) => {
    const cells = line.trim().split(/\s+/);
    return {
      cells: cells.slice(0, COLUMNS.length),
      action: cells[COLUMNS.length],
      reason: cells[COLUMNS.length + 1],
    };
  });

function everyCombination(): Facts[] {
  return Array.from({ length: 2 ** COLUMNS.length }, (_, bits) =>
    Object.fromEntries(COLUMNS.map((column, index) => [column, ((bits >> index) & 1) === 1])),
  ) as unknown as Facts[];
}

function rowsFor(facts: Facts) {
  return rows.filter(({ cells }) =>
    cells.every((cell, index) => {
      const column = COLUMNS[index];
      return cell === '-' || column === undefined || facts[column] === (cell === 'y');
    }),
  );
}

describe('the truth table that decides about a Pod', () => {
  it('has exactly one row for each of the 256 combinations of facts', () => {
    for (const facts of everyCombination()) expect(rowsFor(facts)).toHaveLength(1);
  });

  it('says what the code does, in all of them', () => {
    for (const facts of everyCombination()) {
      const [row] = rowsFor(facts);
      const expected = { action: row?.action, ...(row?.reason && { reason: row.reason }) };
      expect(decide(facts, DEFAULT_INJECTION_SETTINGS)).toEqual(expected);
    }
  });

  it('leaves a self-managed Pod alone instead of refusing it when the setting says so', () => {
    for (const facts of everyCombination()) {
      const strict: Decision = decide(facts, DEFAULT_INJECTION_SETTINGS);
      const lenient = decide(facts, { ...DEFAULT_INJECTION_SETTINGS, unknownGroup: 'allow' });
      expect(lenient).toEqual(strict.action === 'refuse' ? { ...strict, action: 'skip' } : strict);
    }
  });
});
