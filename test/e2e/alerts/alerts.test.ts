import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../support/cluster/installation.ts';
import { command } from '../../support/command.ts';
import { ProcessScope } from '../../support/processes.ts';
import { findPrometheus, type PrometheusPrograms } from '../../support/prometheus.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly ExpectedAlert[];
  }[];
}

interface ExpectedAlert {
  readonly exp_labels: Readonly<Record<string, string>>;
}

const read = async (...path: string[]) => parse(await readFile(join(ROOT, ...path), 'utf8'));
const shipped = await read('deploy', 'components', 'monitoring', 'prometheusRule.yaml');
const { groups } = JSON.parse(
  JSON.stringify(shipped.spec).replaceAll('$(VMCP_ADMISSION_NAMESPACE)', 'vmcp-admission'),
) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { tests } = (await read('test', 'e2e', 'alerts', 'tests.yaml')) as {
  readonly tests: readonly RuleTest[];
};

let programs: PrometheusPrograms | undefined;
beforeAll(async () => {
  const found = await findPrometheus(process.env);
  if (!('missing' in found)) programs = found;
  else if (process.env.CI === 'true') throw new Error(`the alerts cannot be tested: ${found.missing}`);
  else process.stderr.write(`monitoring: SKIPPED, ${found.missing}\n`);
}, 300_000);

/** The tests with the annotations that the rules have, which promtool compares too. */
function withAnnotations(test: RuleTest): object {
  const annotated = test.alert_rule_test.map(({ exp_alerts = [], ...one }) => ({
    ...one,
    exp_alerts: exp_alerts.map((alert) => ({
      ...alert,
      exp_annotations: rules.find((rule) => rule.alert === one.alertname)?.annotations,
    })),
  }));
  return { ...test, alert_rule_test: annotated };
}

it('each alert fires and does not fire where it should, says promtool', async ({ skip }) => {
  if (!programs) return skip();
  const scope = await ProcessScope.create('vmcp-admission-alerts');
  onTestFinished(() => scope.close());
  await writeFile(join(scope.dir, 'rules.yaml'), stringify({ groups }));
  const all = { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: tests.map(withAnnotations) };
  await writeFile(join(scope.dir, 'tests.yaml'), stringify(all));
  const options = { cwd: scope.dir, env: { ...process.env, ...programs.env } };
  await command(programs.promtool, ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml'], options);
  await command(programs.promtool, ['test', 'rules', 'tests.yaml'], options);
});

it.each(rules.map(({ alert }) => alert))('%s is tested both ways', (alert) => {
  const seen = tests.flatMap((test) => test.alert_rule_test).filter(({ alertname }) => alertname === alert);
  expect(seen.some(({ exp_alerts }) => exp_alerts?.length)).toBe(true);
  expect(seen.some(({ exp_alerts }) => !exp_alerts?.length)).toBe(true);
});
