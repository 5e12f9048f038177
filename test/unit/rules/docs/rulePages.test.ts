import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../../scripts/rule-docs/examples.ts';
import { PAGES_DIR, parsePage, readPages } from '../../../../scripts/rule-docs/page.ts';
import { renderIndex } from '../../../../scripts/rule-docs/ruleIndex.ts';
import { RULE_IDS, RULES, type RuleId } from '../../../../src/rules/index.ts';
import { OF_POLICY } from '../../../../src/rules/policy/enforcement.ts';

const pages = readPages();

describe('docs/rules', () => {
  it('has a page for every rule, and a rule for every page', () => {
    expect([...pages.keys()].sort()).toEqual([...RULE_IDS].sort());
  });

  it('has a policy on the pages of the rules that say nothing without one, and on no other', () => {
    const withPolicy = [...pages].filter(([id, text]) => parsePage(id, text).policy !== undefined);
    expect(new Set(withPolicy.map(([id]) => id))).toEqual(OF_POLICY);
  });

  it('has an index that is in step', () => {
    expect(readFileSync(join(PAGES_DIR, 'README.md'), 'utf8')).toBe(renderIndex());
  });
});

describe.each([...pages])('docs/rules/%s.md', (id, text) => {
  const page = parsePage(id, text);
  const rule = RULES[id as RuleId];

  it('says what the code says', () => {
    const { title, level, summary, targets } = page;
    expect({ title, level, summary, targets }).toEqual({ title: id, ...rule });
    for (const section of ['## Why', '## Accepted', '## What to do', '## In the terminal'])
      expect(text).toContain(`\n${section}\n`);
    expect(text.split('\n').length).toBeLessThan(120);
  });

  it('shows what a terminal printed', () => {
    expect(page.recorded).toContain('$ ');
    expect(page.recorded).not.toMatch(/\/(tmp|root|home|work)\b|127\.0\.0\.1:\d/);
  });

  it('has a bad example that breaks this rule and no other', async () => {
    expect(await judgeExample(page, 'bad')).toEqual({ denied: rule.level === 'deny', rules: [id] });
  });

  it('has a good example that breaks no rule', async () => {
    expect(await judgeExample(page, 'good')).toEqual({ denied: false, rules: [] });
  });
});
