import { describe, expect, it } from 'vitest';
import { idList, unknownId } from '../../../../src/cli/explain/explain.ts';
import { REASON_IDS } from '../../../../src/cli/explain/reasonText.ts';
import { pageText } from '../../../../src/cli/shared/pageText.ts';
import { ruleUrl } from '../../../../src/docs.ts';
import { RULE_IDS } from '../../../../src/rules/index.ts';
import { closest } from '../../../../src/text/closest.ts';
import { cli } from '../../../support/cli.ts';

const explain = (...args: string[]) => cli(['explain', ...args]);

describe('vmcp-admission explain', () => {
  it('prints the page of a rule as plain text in a pipe', async () => {
    const { code, stdout, stderr } = await explain('remote-url-private');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^remote-url-private\n\nA private endpoint must be allowed with allowPrivateEndpoint\.\n/,
    );
    expect(stdout).toContain('\n      allowPrivateEndpoint: true\n');
    expect(stdout).not.toMatch(/```|<!--|\*\*/);
    expect(stdout).not.toContain('\u001b');
  });

  it('takes a rule as messages and links write it', async () => {
    expect((await explain('docs/rules/name-shared.md')).stdout).toMatch(/^name-shared\n/);
    expect((await explain(ruleUrl('name-shared'))).stdout).toMatch(/^name-shared\n/);
    expect((await explain('[name-shared]')).stdout).toMatch(/^name-shared\n/);
  });

  it('lists every rule and every reason when none is named', async () => {
    const { code, stdout } = await explain();
    expect(code).toBe(0);
    expect(stdout).toBe(idList(false));
    const ids = stdout.split('\n').map((line) => /^([a-z0-9-]+) {2}/.exec(line)?.[1]);
    expect(ids.filter((id) => id !== undefined)).toEqual([...RULE_IDS, ...REASON_IDS]);
  });

  it.each([
    ['group-unknown', 'The group of the Pod does not exist.', 'what became of a Pod'],
    ['phase-not-valid', 'The phase of the entry is not Valid.', 'why a backend is left out'],
    ['docs/injection.md#read-live', 'it was read live.', 'worth knowing'],
  ])(
    'says what a reason of injection means and where the docs say what to do: %s',
    async (id, sentence, about) => {
      const { code, stdout, stderr } = await explain(id);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(sentence);
      expect(stdout).toContain(about);
      expect(stdout).toContain(`docs/injection.md#${id.split('#').at(-1)}`);
    },
  );

  it('says both of an id that is a rule and a reason', async () => {
    const { stdout } = await explain('auth-config-invalid');
    expect(stdout).toMatch(/^auth-config-invalid\n/);
    expect(stdout).toContain('docs/injection.md#auth-config-invalid');
  });

  it.each(['remote-url', 'remote-url-', 'ca-bundle'])('lists what begins with a word: %s', async (prefix) => {
    const { code, stdout, stderr } = await explain(prefix);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const ids = [...stdout.matchAll(/^([a-z0-9-]+) {2}/gm)].map(([, id]) => id);
    const expected = [...RULE_IDS, ...REASON_IDS].filter((id) => id.startsWith(prefix));
    expect(ids).toEqual(expected);
    expect(ids.length).toBeGreaterThan(5);
  });

  it('suggests reasons as well', async () => {
    expect((await explain('group-unknwon')).stderr).toContain('did you mean group-unknown');
  });

  it('ends with 2 and names the closest rules when there is no such rule', async () => {
    const { code, stdout, stderr } = await explain('remote-url-privat');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('did you mean remote-url-private');
  });
});

describe('ids that are no rule', () => {
  it('are quoted on one line', () => {
    expect(unknownId('x\u001b[31m\ny')).toMatch(/^there is no rule or reason "x \[31m y"; .*$/);
    expect(unknownId('__proto__').split('\n')).toHaveLength(1);
    expect(unknownId('x'.repeat(1_000_000)).length).toBeLessThan(400);
  });

  it('lead to rules that hold the word, or are spelt alike', () => {
    expect(closest('private', RULE_IDS)).toContain('remote-url-private');
    expect(closest('private', RULE_IDS)).toContain('ca-bundle-private-key');
    expect(closest('header-duplicat', RULE_IDS)[0]).toBe('header-duplicate');
    expect(closest('zzzzzzzzzzzz', RULE_IDS)).toEqual([]);
  });
});

describe('a page on a terminal', () => {
  it('has headings in bold and examples set off', () => {
    const text = pageText(
      '# a\n\nSee [b](b.md), **now**.\n\n<!-- x -->\n```yaml bad\na: 1\n```\n<!-- end -->\n',
      true,
    );
    expect(text).toBe(
      '\u001b[1ma\u001b[22m\n\nSee b, \u001b[1mnow\u001b[22m.\n\n\u001b[2m    a: 1\u001b[22m\n',
    );
  });
});
