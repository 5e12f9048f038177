import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import type { ManifestInput } from '../catalog/manifests/manifest.ts';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../offline/check.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { policyDocument } from '../rules/policy/policyFile.ts';
import { parseToolhiveVersion, TOOLHIVE_VERSION_FORM, type ToolhiveVersion } from '../toolhive/versions.ts';
import { type CheckReport, exitCode, nothingToJudge, toItem } from './checkReport.ts';
import { jsonFormat } from './formats/json.ts';
import { textFormat } from './formats/text.ts';
import {
  acceptManifests,
  inputsOf,
  type ManifestOptions,
  problemText,
  readToCheck,
} from './manifestInput.ts';
import { passedOverNote } from './passedOver.ts';
import { loadPolicy } from './policyOption.ts';
import { EXIT, fail, stdinBytes, write } from './stdio.ts';

/** The report in each output format; a new format is a new line. */
const FORMATS = {
  text: (report: CheckReport) => textFormat(report, process.stdout.hasColors?.() ?? false),
  json: jsonFormat,
};

interface CheckOptions extends ManifestOptions {
  readonly output: keyof typeof FORMATS;
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

async function judge(input: ManifestInput, policy: Policy, secrets: boolean): Promise<CheckReport> {
  const catalog = manifestCatalog(input.documents, { secrets });
  const deps = { catalog, policy, now: new Date(), signal: new AbortController().signal };
  const checked = await reviewManifests(input.documents, deps);
  return { items: checked.map(toItem), problems: input.problems };
}

/** What stands on standard error in every format: what was not judged, and why. */
function notJudged(input: ManifestInput, { items, problems }: CheckReport): string {
  const lines = problems.map(problemText);
  if (items.length + problems.length === 0) lines.push(nothingToJudge(input));
  return passedOverNote(input.passedOver) + lines.map((line) => `${line}\n`).join('');
}

async function runCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy, options.toolhiveVersion);
  if (!loaded.ok) return fail(loaded.problems);
  if (options.showPolicy) return showPolicy(loaded.policy, options.output);
  const inputs = inputsOf(paths, options);
  if (inputs.length === 0)
    return fail(['nothing to check: name files, folders or - (standard input), with or without -f']);
  const input = await readToCheck(inputs, stdinBytes());
  const report = await judge(input, loaded.policy, options.secrets === true);
  await write(process.stdout, FORMATS[options.output](report));
  await write(process.stderr, notJudged(input, report));
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
  helm template charts/app | vmcp-admission check - -o json`;

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
