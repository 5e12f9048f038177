import { findManifestFiles } from '../../catalog/manifests/files.ts';
import { type CaseResult, runCase } from '../../offline/policyCases.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { oneLine } from '../../text/line.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { EXIT, fail, painter, write } from '../shared/stdio.ts';
import { loadSuite, type PolicySuite } from './policySuite.ts';

/** The names of files with cases. */
const SUITE = /\.test\.ya?ml$/;

/** The suites of the paths: a named file is one, a folder has those whose names end in `.test.yaml`. */
async function findSuites(paths: readonly string[]): Promise<{ files: string[]; problems: string[] }> {
  const files: string[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    const found = await findManifestFiles(path);
    problems.push(...found.problems.map(({ file, message }) => `${file}: ${message}`));
    const suites = found.files.filter((file) => file === path || SUITE.test(file));
    if (suites.length === 0 && found.problems.length === 0)
      problems.push(`${path}: no file below it has a name that ends in .test.yaml`);
    files.push(...suites);
  }
  return { files, problems };
}

/** A suite with the policy that it is about. */
interface Ready {
  readonly suite: PolicySuite;
  readonly policy: Policy;
}

async function prepare(
  file: string,
  given: string | undefined,
): Promise<Ready | { problems: readonly string[] }> {
  const loaded = await loadSuite(file);
  if (!loaded.ok) return loaded;
  const { suite } = loaded;
  const path = given ?? suite.policy;
  if (path === undefined)
    return { problems: [`${file}: names no policy; set policy: FILE in it, or give --policy FILE`] };
  const policy = await loadPolicy(path);
  return policy.ok ? { suite, policy: policy.policy } : policy;
}

function list(rules: readonly string[]): string {
  return rules.length === 0 ? 'none' : rules.join(', ');
}

/** What a failed case expected and found, and what the rules said about its objects. */
function details({ differences, checked }: CaseResult, paint: ReturnType<typeof painter>): string[] {
  const lines = differences.flatMap(({ what, expected, found }) => [
    paint('red', `      - ${what}: ${list(expected)}`),
    paint('green', `      + ${what}: ${list(found)}`),
  ]);
  for (const { document, namespace, name, verdict } of checked) {
    const object = `${document.object.kind} ${namespace}/${name}`;
    const say = (level: string, field: string, text: string, rule: string) =>
      paint('dim', `        ${object} ${level} ${field}: ${text} [${rule}]`);
    lines.push(
      ...verdict.denials.map(({ field, message, rule }) => say('denied', field, message, rule)),
      ...verdict.warnings.map(({ field, detail, rule }) => say('warning', field, detail, rule)),
    );
  }
  return lines;
}

/** The report on the cases of one suite. */
function suiteText(file: string, results: readonly CaseResult[], paint: ReturnType<typeof painter>): string {
  const lines = results.flatMap((result) => {
    const ok = result.differences.length === 0;
    const head = `  ${ok ? paint('green', 'ok  ') : paint('red', 'FAIL')} ${oneLine(result.name)}`;
    return ok ? [head] : [head, ...details(result, paint)];
  });
  return `${[paint('bold', file), ...lines].join('\n')}\n`;
}

/** Runs the cases of the paths; resolves to the exit code. */
export async function runPolicyTests(
  paths: readonly string[],
  { policy: given }: { readonly policy?: string },
): Promise<number> {
  const { files, problems } = await findSuites(paths);
  const ready: Ready[] = [];
  for (const file of files) {
    const prepared = await prepare(file, given);
    if ('problems' in prepared) problems.push(...prepared.problems);
    else ready.push(prepared);
  }
  if (problems.length > 0) return fail(problems);
  const paint = painter(process.stdout.hasColors?.() ?? false);
  let failed = 0;
  let count = 0;
  for (const { suite, policy } of ready) {
    const results: CaseResult[] = [];
    for (const one of suite.cases) results.push(await runCase(one, policy, suite.now ?? new Date()));
    failed += results.filter(({ differences }) => differences.length > 0).length;
    count += results.length;
    await write(process.stdout, suiteText(suite.file, results, paint));
  }
  await write(process.stdout, `${count} cases: ${count - failed} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT.clean : EXIT.denied;
}
