import fc from 'fast-check';
import { expect, it } from 'vitest';
import { templateOf } from '../../src/toolhive/compositeTools/templates.ts';
import { SEED } from './harness/seed.ts';
import { describeWithToolHive, type Question, type Verdict } from './harness/toolhive.ts';

const RUNS = 3000;

/** Pieces of which templates are made; put together at random, about a third of them parse. */
const PIECES = [
  '{{',
  '{{',
  '}}',
  '}}',
  '{{-',
  ' -}}',
  'text ',
  ' ',
  ' ',
  '.',
  '.params.q',
  '.steps.a.output.n',
]
  .concat([
    '$',
    '$x',
    '$x := ',
    ' | ',
    'json ',
    'quote',
    'printf "%s" ',
    'upper ',
    'if ',
    'else',
    'else if .a',
  ])
  .concat([
    'end',
    '{{end}}',
    'range ',
    'range $i, $e := .l',
    'with .a',
    '(',
    ')',
    '"a"',
    '`b`',
    "'c'",
    '12',
    '1.5e3',
  ])
  .concat([
    'true',
    'nil',
    'eq ',
    '/* note */',
    'define "t"',
    'template "t"',
    'block "t" .',
    'break',
    ',',
    '=',
    '#',
    '"',
  ])
  .concat([
    '{{if .a}}x{{else}}y{{end}}',
    '{{range .l}}{{.n}}{{end}}',
    '{{json .params.q}}',
    '{{.a.b | json}}',
  ]);

const template = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 })
  .map((pieces) => pieces.join(''));

function shown(text: string, theirs: Verdict) {
  const ours = templateOf(text);
  return {
    text,
    toolhive: theirs.ok ? (theirs.fields ?? []).join(' ') : 'refuses it',
    ours: ours.ok ? [...ours.fields].sort().join(' ') : 'refuses it',
    errors: [theirs.error, ours.ok ? undefined : ours.error],
  };
}

describeWithToolHive(`of ${RUNS} templates (seed ${SEED})`, (ask) => {
  it('each is parsed or refused as by ToolHive, and reads the same fields', async () => {
    const texts = fc.sample(template, { numRuns: RUNS, seed: SEED });
    const verdicts = await ask(texts.map((text): Question => ({ op: 'template', text })));
    const all = texts.map((text, index) => shown(text, verdicts[index]!));
    // ToolHive panics on a template without nodes, such as an empty definition.
    const compared = all.filter((_, index) => !verdicts[index]?.error?.startsWith('panic'));
    expect(compared.filter(({ toolhive, ours }) => toolhive !== ours)).toEqual([]);
    expect(all.filter(({ toolhive }) => toolhive !== 'refuses it').length).toBeGreaterThan(RUNS / 20);
  });
});
