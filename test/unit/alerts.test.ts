import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { docsUrl } from '../../src/docs.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const rules = parse(read('deploy/components/monitoring/prometheusRule.yaml')).spec.groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
) as Rule[];

it('docs/alerts.md has a section for every alert, in their order, and for nothing else', () => {
  const titles = [...read('docs/alerts.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(rules.map(({ alert }) => alert));
});

it.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s has a severity, a namespace and a runbook',
  (alert, rule) => {
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    // From the series, or said outright where the expression has no series left.
    expect(rule.labels.namespace ?? rule.expr).toMatch(/^\$\(VMCP_ADMISSION_NAMESPACE\)$|by \(namespace/);
    expect(rule.annotations).toEqual({
      summary: expect.stringMatching(/\.$/),
      runbook_url: docsUrl(`docs/alerts.md#${alert.toLowerCase()}`),
    });
  },
);
