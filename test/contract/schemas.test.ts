import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemaFault } from '../../src/toolhive/compositeTools/jsonSchema.ts';
import { SEED } from './harness/seed.ts';
import { describeWithToolHive, type Verdict } from './harness/toolhive.ts';
import { dice, mutateData } from './mutate/data.ts';

const RUNS = 3000;

/** Valid schemas with all keywords of drafts 4 to 7. */
const SCHEMAS: readonly object[] = [
  {
    type: 'object',
    title: 'T',
    description: 'D',
    properties: {
      a: { type: ['string', 'null'], minLength: 1, maxLength: 5, pattern: '^a', format: 'uri' },
      b: true,
    },
    required: ['a', 'b'],
    additionalProperties: false,
    patternProperties: {
      '^x': { type: 'integer', minimum: 1, maximum: 2, exclusiveMinimum: true, multipleOf: 1 },
    },
    minProperties: 1,
    maxProperties: 9,
    propertyNames: { pattern: 'a' },
    dependencies: { a: ['b'], b: { required: ['a'] } },
  },
  {
    type: 'array',
    items: [{ enum: [1, 'a', null] }, { const: 2 }],
    additionalItems: { type: 'number', exclusiveMaximum: 5 },
    minItems: 1,
    maxItems: 3,
    uniqueItems: true,
    contains: { type: 'boolean' },
  },
  {
    definitions: { d: { type: 'string', default: 'x' } },
    allOf: [{ anyOf: [{ type: 'string' }, {}] }, { oneOf: [{ not: { type: 'null' } }] }],
    if: { items: { type: 'string' } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { minItems: 1 },
    else: false,
  },
];

interface Case {
  readonly change: string;
  readonly theirs: Verdict;
  readonly ours: string | undefined;
}

const mutant = fc
  .tuple(fc.constantFrom(...SCHEMAS), fc.array(dice, { minLength: 1, maxLength: 2 }))
  .map(([schema, rolls]) => mutateData(schema, rolls));

describeWithToolHive(`of ${RUNS} mutated JSON Schemas (seed ${SEED})`, (ask) => {
  let cases: readonly Case[] = [];

  beforeAll(async () => {
    const mutants = fc.sample(mutant, { numRuns: RUNS, seed: SEED }).map(({ change, yaml }) => ({
      change,
      // What JSON cannot hold becomes null.
      schema: JSON.parse(JSON.stringify(parse(yaml, { logLevel: 'silent', uniqueKeys: false }))) as unknown,
    }));
    const verdicts = await ask(mutants.map(({ schema }) => ({ op: 'schema', object: schema })));
    cases = mutants.map(({ change, schema }, index) => ({
      change,
      theirs: verdicts[index]!,
      ours: schemaFault(schema),
    }));
  });

  it('are accepted by ToolHive as they are', async () => {
    const verdicts = await ask(SCHEMAS.map((schema) => ({ op: 'schema', object: schema })));
    expect(verdicts).toEqual(SCHEMAS.map(() => ({ ok: true })));
    expect(SCHEMAS.map((schema) => schemaFault(schema))).toEqual(SCHEMAS.map(() => undefined));
  });

  it('are of both sorts', () => {
    const refused = cases.filter(({ theirs }) => !theirs.ok).length;
    expect(refused).toBeGreaterThan(RUNS / 4);
    expect(RUNS - refused).toBeGreaterThan(RUNS / 4);
  });

  it('are refused here if ToolHive refuses them, and only then', () => {
    const different = cases.filter(({ theirs, ours }) => theirs.ok !== (ours === undefined));
    expect(different).toEqual([]);
  });
});
