import type { ManifestProblem } from '../../../catalog/manifests/manifest.ts';
import { oneLine } from '../../../text/line.ts';
import { problemText } from '../../input/manifestInput.ts';
import type { CheckItem, CheckReport, ItemFinding } from '../checkReport.ts';
import { objectName, placePrefix, repositoryPath } from './place.ts';

/** Characters that XML 1.0 does not allow, not even escaped, and halves of surrogate pairs. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(NOT_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Attributes = Readonly<Record<string, string | number>>;

function element(name: string, attributes: Attributes, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  return content === ''
    ? `<${name}${written.join('')}/>\n`
    : `<${name}${written.join('')}>${content}</${name}>\n`;
}

function findingText(file: string | undefined, finding: ItemFinding): string {
  const { field, message, rule, docs } = finding;
  return `${placePrefix(file, finding)}${oneLine(field)}: ${message} [${rule}]\n${docs}\n`;
}

/** The suite of an object: its file, or the namespace in which it is stored. */
function suiteOf({ file, namespace }: CheckItem): string {
  return oneLine(file === undefined ? `cluster/${namespace}` : repositoryPath(file));
}

/** A test for an object: a failure when it is denied; its warnings are output of the test. */
function testCase(item: CheckItem): string {
  const { causes, warnings, line } = item;
  const file = item.file === undefined ? undefined : oneLine(repositoryPath(item.file));
  const texts = (findings: readonly ItemFinding[]) =>
    escapeXml(findings.map((one) => findingText(file, one)).join(''));
  const [first] = causes;
  const failure = first
    ? element(
        'failure',
        { message: `${oneLine(first.field)}: ${first.message}`, type: first.rule },
        texts(causes),
      )
    : '';
  const output = warnings.length > 0 ? element('system-out', {}, texts(warnings)) : '';
  const place = file === undefined ? {} : { file, line: line ?? 1 };
  return element(
    'testcase',
    { name: objectName(item), classname: suiteOf(item), ...place },
    failure + output,
  );
}

/** A test that could not be run, for what was not judged. */
function problemCase(problem: ManifestProblem): string {
  const file = oneLine(repositoryPath(problem.file));
  const error = element(
    'error',
    { message: problem.message, type: 'not-judged' },
    escapeXml(problemText(problem)),
  );
  return element('testcase', { name: 'not judged', classname: file, file, line: problem.line ?? 1 }, error);
}

/** JUnit XML as Jenkins, GitLab and others read it: a suite for each file or namespace, a test for each object. */
export function junitFormat({ items, problems }: CheckReport): string {
  const itemsOf = Map.groupBy(items, suiteOf);
  const problemsOf = Map.groupBy(problems, ({ file }): string => oneLine(repositoryPath(file)));
  const names = [...new Set([...itemsOf.keys(), ...problemsOf.keys()])];
  const suites = names.map((name) => {
    const [own, bad] = [itemsOf.get(name) ?? [], problemsOf.get(name) ?? []];
    const counts = countsOf(own, bad);
    return element(
      'testsuite',
      { name, ...counts, skipped: 0 },
      [...own.map(testCase), ...bad.map(problemCase)].join(''),
    );
  });
  const content = suites.join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'vmcp-admission check', ...countsOf(items, problems) }, content)}`;
}

function countsOf(items: readonly CheckItem[], problems: readonly ManifestProblem[]): Attributes {
  const failures = items.filter(({ allowed }) => !allowed).length;
  return { tests: items.length + problems.length, failures, errors: problems.length };
}
