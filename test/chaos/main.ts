// `npm run test:chaos`: what happens to webhooks in production, made to happen to this one; prints a table. `--help` says more.
import { spawn } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ProcessScope } from '../support/processes.ts';
import { callers } from './callers.ts';
import { catalogFaults } from './catalogFaults.ts';
import { certManager } from './certManager.ts';
import { logReader } from './logReader.ts';
import { record, tableText } from './record.ts';
import { rollout } from './rollout.ts';
import { rotation } from './rotation.ts';
import type { ChaosContext, Row, Scenario } from './scenario.ts';

const SCENARIOS: readonly Scenario[] = [rotation, rollout, certManager, catalogFaults, callers, logReader];
const root = join(import.meta.dirname, '../..');

function build(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('the bundle cannot be built'))));
  });
}

async function runOne(
  scenario: Scenario,
  options: Omit<ChaosContext, 'bundle' | 'progress'>,
): Promise<readonly Row[]> {
  const progress = (text: string) => console.log(`   ${text}`);
  console.log(`\n== ${scenario.title}`);
  try {
    return await scenario.run({ ...options, bundle: join(options.scope.dir, 'main.js'), progress });
  } catch (error) {
    const figure = error instanceof Error ? error.message : String(error);
    return [{ what: 'the scenario itself', figure, limit: 'ends', ok: false }];
  }
}

const USAGE = `npm run test:chaos -- [OPTIONS]
  --only NAME    one scenario (may be given several times): ${SCENARIOS.map(({ name }) => name).join(', ')}
  --match TEXT   only its steps whose line has the text in it
  --short        seconds instead of minutes
  --record       writes the table into docs/reliability.md
  --bundle FILE  another bundle than the one that is built first
`;

function refuse(problem: string): never {
  console.error(`chaos: ${problem}\nnpm run test:chaos -- --help lists the options`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        short: { type: 'boolean', default: false },
        match: { type: 'string', default: '' },
        record: { type: 'boolean', default: false },
        bundle: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? (error.message.split(/\. |\n/, 1)[0] ?? '') : 'unknown option');
  }
}

const values = readOptions();
if (values.help) {
  console.log(USAGE.trimEnd());
  process.exit();
}
const unknown = values.only.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown !== undefined)
  refuse(`there is no scenario "${unknown}"; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
const wanted = SCENARIOS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
const scope = await ProcessScope.create('vmcp-admission-chaos');
try {
  if (values.bundle === undefined) await build();
  // A copy, so that a build beside this run changes nothing in it.
  await copyFile(values.bundle ?? join(root, 'dist/main.js'), join(scope.dir, 'main.js'));
  let ok = true;
  for (const scenario of wanted) {
    const rows = await runOne(scenario, { scope, short: values.short, match: values.match });
    ok &&= rows.every((row) => row.ok);
    console.log(tableText(rows));
    if (values.record) await record(root, scenario, rows);
  }
  console.log(ok ? '\nall limits kept' : '\nA LIMIT WAS NOT KEPT');
  process.exitCode = ok ? 0 : 1;
} finally {
  await scope.close();
}
