import { describe, expect, it } from 'vitest';
import { RULE_IDS, SUBJECTS } from '../../../src/rules/index.ts';

describe('the rules', () => {
  it('have ids of their own', () => {
    expect(SUBJECTS.flatMap((rules) => Object.keys(rules))).toEqual(RULE_IDS);
  });

  it.each(RULE_IDS)('%s is an id of lower-case words', (id) => {
    expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  });
});
