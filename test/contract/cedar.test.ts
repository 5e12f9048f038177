import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPolicy } from '../../src/toolhive/cedar/parse.ts';
import { SEED } from './harness/seed.ts';
import { describeWithToolHive, type Question } from './harness/toolhive.ts';

const RUNS = 3000;

const name = fc.constantFrom('Client', 'Tool', 'a', 'principal', 'permit', '_x1');
const text = fc.constantFrom('""', '"alice"', '"a b"', '"\\n\\u{41}"', '"é"', '"\\x7f"');
const joined = (parts: readonly string[]) => parts.join(' ');

const entity = fc
  .tuple(name, fc.option(name, { nil: undefined }), text)
  .map(([a, b, id]) => `${a}::${b ? `${b}::` : ''}${id}`);

/** Expressions of Cedar, mostly right ones. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  const list = fc.array(inner, { maxLength: 2 }).map((items) => items.join(', '));
  return {
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(
        'principal',
        'action',
        'resource',
        'context',
        'true',
        'false',
        '0',
        '-1',
        '9223372036854775807',
      ),
      text,
      entity,
      fc
        .tuple(
          inner,
          fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||', '+', '-', '*'),
          inner,
        )
        .map(joined),
      fc.tuple(fc.constantFrom('!', '-', '!-'), inner).map(([sign, value]) => `${sign}(${value})`),
      fc.tuple(inner, name).map(([value, attribute]) => `(${value}).${attribute}`),
      fc.tuple(inner, text).map(([value, attribute]) => `(${value})[${attribute}]`),
      fc
        .tuple(inner, fc.oneof(name, text, fc.constant('a.b')))
        .map(([value, attribute]) => `(${value}) has ${attribute}`),
      fc
        .tuple(inner, fc.constantFrom('"*.x"', '"\\*"', '""'))
        .map(([value, pattern]) => `(${value}) like ${pattern}`),
      fc
        .tuple(inner, name, fc.option(entity, { nil: undefined }))
        .map(([value, type, of]) => `(${value}) is ${type}${of ? ` in ${of}` : ''}`),
      fc
        .tuple(
          inner,
          fc.constantFrom('contains', 'containsAll', 'isEmpty', 'hasTag', 'isIpv4', 'offset', 'foo'),
          list,
        )
        .map(([value, method, items]) => `(${value}).${method}(${items})`),
      fc
        .tuple(fc.constantFrom('ip', 'decimal', 'datetime', 'duration', 'foo', 'lessThan'), list)
        .map(([call, items]) => `${call}(${items})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `if ${a} then ${b} else ${c}`),
      list.map((items) => `[${items}]`),
      fc
        .array(fc.tuple(fc.oneof(name, text), inner), { maxLength: 3 })
        .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
    ),
  };
});

const scope = (variable: string) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(variable) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('==', 'in'), entity).map((parts) => `${variable} ${joined(parts)}`),
    },
    { weight: 1, arbitrary: name.map((type) => `${variable} is ${type}`) },
    { weight: 1, arbitrary: fc.tuple(name, entity).map(([type, of]) => `${variable} is ${type} in ${of}`) },
  );
const action = fc.oneof(
  { weight: 3, arbitrary: fc.constant('action') },
  { weight: 1, arbitrary: scope('action') },
  { weight: 1, arbitrary: fc.array(entity, { maxLength: 3 }).map((all) => `action in [${all.join(', ')}]`) },
);
const condition = fc
  .tuple(fc.constantFrom('when', 'unless'), expression)
  .map(([kind, value]) => `${kind} { ${value} }`);
const annotation = fc.constantFrom('@id("a")', '@id', '@in("x")', '// a note\n', '/* a note */');

const policy = fc
  .record({
    notes: fc.array(annotation, { maxLength: 2 }),
    effect: fc.constantFrom('permit', 'forbid'),
    principal: scope('principal'),
    action,
    resource: scope('resource'),
    comma: fc.constantFrom('', '', '', ','),
    conditions: fc.array(condition, { maxLength: 2 }),
    behind: fc.constantFrom(
      '',
      '',
      '',
      ' // a note',
      ' permit(principal, action, resource);',
      ' nonsense',
      ' "',
    ),
  })
  .map(
    ({ notes, effect, principal, action: which, resource, comma, conditions, behind }) =>
      `${notes.join(' ')} ${effect}(${principal}, ${which}, ${resource}${comma}) ${conditions.join(' ')};${behind}`,
  );

const PIECES = [
  ...[
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    ',',
    ';',
    '.',
    ':',
    '::',
    '@',
    '"',
    '\\',
    '=',
    '==',
    '!',
    '|',
    '||',
    '&',
    '-',
    '/',
    '/*',
    '//',
    '\n',
    '\0',
  ],
  ...[
    'permit',
    'when',
    'principal',
    'in',
    'is',
    'has',
    'like',
    'if',
    'then',
    'true',
    '__cedar',
    'x',
    '1',
    '99999999999999999999',
    '"\\q"',
    '"\\*"',
    '"\\x80"',
    '"\\u{d800}"',
    'é',
    '%',
  ],
];

/** A policy with a piece of it taken out, put in twice, or replaced. */
const mutant = fc
  .tuple(
    policy,
    fc.array(
      fc.record({
        at: fc.nat(),
        cut: fc.nat({ max: 6 }),
        put: fc.option(fc.constantFrom(...PIECES), { nil: '' }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([whole, edits]) =>
    edits.reduce((before, { at, cut, put }) => {
      const place = at % (before.length + 1);
      return before.slice(0, place) + put + before.slice(place + cut);
    }, whole),
  );

describeWithToolHive(`of ${2 * RUNS} Cedar policies (seed ${SEED})`, (ask) => {
  it.each([
    ['generated', policy, 0.5],
    ['mutated', mutant, 0.05],
  ] as const)('each %s one is read or refused as by ToolHive', async (_what, arbitrary, share) => {
    const texts = fc.sample(arbitrary, { numRuns: RUNS, seed: SEED });
    const verdicts = await ask(texts.map((one): Question => ({ op: 'cedar', text: one })));
    const all = texts.map((one, index) => {
      const ours = readPolicy(one);
      return {
        text: one,
        toolhive: verdicts[index]?.ok,
        ours: ours.ok,
        why: [verdicts[index]?.error, ours.ok ? '' : ours.error],
      };
    });
    expect(all.filter(({ toolhive, ours }) => toolhive !== ours)).toEqual([]);
    const read = all.filter(({ toolhive }) => toolhive).length;
    expect(read).toBeGreaterThan(RUNS * share);
    expect(read).toBeLessThan(RUNS);
  });
});
