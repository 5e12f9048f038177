import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import type { ManifestInput } from '../catalog/manifests/manifest.ts';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../offline/check.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { policyDocument } from '../rules/policy/policyFile.ts';
import { parseToolhiveVersion, TOOLHIVE_VERSION_FORM, type ToolhiveVersion } from '../toolhive/versions.ts';
import { type CheckReport, exitCode, toReport } from './checkReport.ts';
import { FORMATS } from './formats/formats.ts';
import {
  acceptManifests,
  inputsOf,
  type ManifestOptions,
  problemText,
  readToCheck,
} from './manifestInput.ts';
import { passedOverNote } from './passedOver.ts';
import { loadPolicy } from './policyOption.ts';
import { readPages } from './rulePages.ts';
import { EXIT, fail, stdinBytes, write } from './stdio.ts';

interface CheckOptions extends ManifestOptions {
  readonly output: string;
  readonly showPolicy?: boolean;
  readonly toolhiveVersion?: ToolhiveVersion;
}

function toToolhiveVersion(text: string): ToolhiveVersion {
  const version = parseToolhiveVersion(text);
  if (version === undefined) throw new InvalidArgumentError(`${TOOLHIVE_VERSION_FORM}.`);
  return version;
}

async function showPolicy(policy: Policy, output: CheckOptions['output']): Promise<number> {
  const document = policyDocument(policy);
  const text = output === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document);
  await write(process.stdout, text);
  return EXIT.clean;
}

async function judge(
  inputs: readonly string[],
  input: ManifestInput,
  policy: Policy,
  secrets: boolean,
): Promise<CheckReport> {
  const catalog = manifestCatalog(input.documents, { secrets });
  const deps = { catalog, policy, now: new Date(), signal: new AbortController().signal };
  return toReport(inputs[0] ?? '', input, await reviewManifests(input.documents, deps));
}

/** The report in an output format. The pages of the rules are read for the format that shows them. */
async function printed(report: CheckReport, policy: Policy, output: string): Promise<string> {
  const pages = output === 'sarif' ? await readPages() : new Map<string, string>();
  const colour = process.stdout.hasColors?.() ?? false;
  return FORMATS[output]?.(report, { policy, pages, colour }) ?? '';
}

async function runCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy, options.toolhiveVersion);
  if (!loaded.ok) return fail(loaded.problems);
  const { policy } = loaded;
  if (options.showPolicy) return showPolicy(policy, options.output);
  const inputs = inputsOf(paths, options);
  if (inputs.length === 0)
    return fail(['nothing to check: name files, folders or - (standard input), with or without -f']);
  const input = await readToCheck(inputs, stdinBytes());
  const report = await judge(inputs, input, policy, options.secrets === true);
  await write(process.stdout, await printed(report, policy, options.output));
  const problems = report.problems.map((problem) => `${problemText(problem)}\n`);
  await write(process.stderr, passedOverNote(input.passedOver) + problems.join(''));
  return exitCode(report);
}

const AFTER = `
Exit codes:
  0  nothing is denied
  1  something is denied
  2  the input or the command line cannot be used, or there is nothing to judge

Examples:
  vmcp-admission check manifests/
  vmcp-admission check -f entry.yaml -f group.yaml --policy policy.yaml
  kustomize build overlays/prod | vmcp-admission check -
  helm template charts/app | vmcp-admission check -
  vmcp-admission check . -o sarif > vmcp-admission.sarif`;

/** `vmcp-admission check`: the webhook's verdicts on manifests, before anything reaches a cluster. */
export function checkCommand(): Command {
  const command = new Command('check')
    .summary('judge manifests by the rules of the webhook')
    .description(
      'Judge manifests by the rules of the webhook. All inputs together are the cluster that references are looked up in.',
    );
  return acceptManifests(command)
    .option(
      '--toolhive-version <version>',
      'release of ToolHive that the manifests are for; default: unknown',
      toToolhiveVersion,
    )
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'form of the report').choices(Object.keys(FORMATS)).default('text'),
    )
    .option('--show-policy', 'print the policy in effect and stop')
    .addHelpText('after', AFTER)
    .action(async (paths: string[], options: CheckOptions) => {
      process.exitCode = await runCheck(paths, options);
    });
}
