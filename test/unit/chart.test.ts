import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART_FOLDER, documentedValues, renderReadme } from '../../scripts/chart-docs/readme.ts';
import { chartPolicySchema } from '../../scripts/rule-docs/policySchema.ts';
import { VERSION } from '../../src/version.ts';

const read = (file: string) => readFileSync(join(CHART_FOLDER, file), 'utf8');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The paths of a schema's properties that are objects of their own or plain values, as far as values.yaml goes. */
function has(schema: Schema | undefined, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return schema !== undefined;
  return has(schema?.properties?.[first], rest);
}

describe('the README of the chart', () => {
  it('is what `npm run docs:chart` writes', () => {
    expect(read('README.md')).toBe(renderReadme(read('values.yaml')));
  });

  it('takes comments of several lines, nested values, and defaults of every kind', () => {
    const yaml = `# Not for readers

# -- One
# line
a: 1
b:
  # -- Two
  c: [x]
  # -- Three
  d: {}
# A remark
# -- Four
e:
  f: null
`;
    expect(documentedValues(yaml)).toEqual([
      { path: 'a', default: '1', text: 'One line' },
      { path: 'b.c', default: '["x"]', text: 'Two' },
      { path: 'b.d', default: '{}', text: 'Three' },
      { path: 'e', default: '{"f":null}', text: 'Four' },
    ]);
  });

  it('cannot be written when a value has no comment', () => {
    expect(() => documentedValues('# -- One\na: 1\nb:\n  c: 2\n')).toThrow('b.c has no comment');
  });
});

describe('the chart', () => {
  it('has a schema for every value', () => {
    const schema = JSON.parse(read('values.schema.json')) as Schema;
    for (const { path } of documentedValues(read('values.yaml')))
      expect([path, has(schema, path.split('.'))]).toEqual([path, true]);
  });

  it('takes the policies that serve takes', () => {
    const { properties } = JSON.parse(read('values.schema.json')) as { properties: Record<string, unknown> };
    // npm run docs:rules
    expect(properties.policy).toEqual(chartPolicySchema());
  });

  it('has the version of the program', () => {
    expect(parse(read('Chart.yaml'))).toMatchObject({ version: VERSION, appVersion: VERSION });
  });
});
