import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { TOOLHIVE_COLLECTIONS } from '../../catalog/kubernetes/collections.ts';
import { reviewManifests } from '../../offline/check.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { policyDocument } from '../../rules/policy/policyFile.ts';
import {
  parseToolhiveVersion,
  TOOLHIVE_VERSION_FORM,
  type ToolhiveVersion,
} from '../../toolhive/versions.ts';
import { acceptCluster, type ClusterOptions, inputFault } from '../input/clusterOptions.ts';
import { type CommandInput, runOnInput } from '../input/commandInput.ts';
import {
  acceptManifests,
  inputsOf,
  type ManifestOptions,
  problemText,
  readToCheck,
} from '../input/manifestInput.ts';
import { acceptCaller, type CallerOptions, callerOf } from '../shared/callerOption.ts';
import { policyNote } from '../shared/policyNote.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { readPages } from '../shared/rulePages.ts';
import { EXIT, fail, stdinBytes, write } from '../shared/stdio.ts';
import { type CheckReport, exitCode, toReport } from './checkReport.ts';
import { FORMATS } from './formats/formats.ts';
import { unusedExceptions } from './unusedExceptions.ts';

interface CheckOptions extends ManifestOptions, ClusterOptions, CallerOptions {
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

async function judge(input: CommandInput, policy: Policy, options: CheckOptions): Promise<CheckReport> {
  const { catalog, documents, replaced, unread } = input;
  const caller = callerOf(options);
  const deps = { catalog, policy, caller, now: new Date(), signal: new AbortController().signal };
  const checked = await reviewManifests(documents, { ...deps, unread, ...(replaced && { replaced }) });
  return toReport(input.name, input, checked);
}

/** The report in an output format. The pages of the rules are read for the format that shows them. */
async function printed(report: CheckReport, policy: Policy, output: string): Promise<string> {
  const pages = output === 'sarif' ? await readPages() : new Map<string, string>();
  const colour = process.stdout.hasColors?.() ?? false;
  return FORMATS[output]?.(report, { policy, pages, colour }) ?? '';
}

const NO_INPUT =
  'nothing to check: name files, folders or - (standard input), with or without -f, or --cluster for what is stored in the live cluster';

async function runCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy, options.toolhiveVersion);
  if (!loaded.ok) return fail(loaded.problems);
  const { policy } = loaded;
  if (options.showPolicy) return showPolicy(policy, options.output);
  const names = inputsOf(paths, options);
  const fault = inputFault(options, names.length > 0, NO_INPUT);
  if (fault !== undefined) return fail([fault]);
  const read = (files: readonly string[]) => readToCheck(files, stdinBytes());
  const request = { names, options, read, collections: TOOLHIVE_COLLECTIONS };
  return runOnInput(request, (input) => report(input, policy, options));
}

/** Judges the input and prints the report; resolves to the exit code. */
async function report(input: CommandInput, policy: Policy, options: CheckOptions): Promise<number> {
  const judged = await judge(input, policy, options);
  await write(process.stdout, await printed(judged, policy, options.output));
  const problems = judged.problems.map((problem) => `${problemText(problem)}\n`);
  const now = new Date();
  const isWhole = input.metadata !== undefined && options.namespaces === undefined && problems.length === 0;
  const unused = isWhole ? unusedExceptions(judged.items, policy, now) : '';
  const notes = input.note() + policyNote(policy, now) + unused;
  await write(process.stderr, notes + problems.join(''));
  return exitCode(judged);
}

const AFTER = `
Exit codes:
  0  nothing is denied
  1  something is denied
  2  the input, the cluster or the command line cannot be used, or there is nothing to judge

Examples:
  vmcp-admission check manifests/
  vmcp-admission check -f entry.yaml -f group.yaml --policy policy.yaml
  vmcp-admission check manifests/ --policy policy.yaml --as alice --groups payments
  kustomize build overlays/prod | vmcp-admission check -
  helm template charts/app | vmcp-admission check -
  vmcp-admission check . -o sarif > vmcp-admission.sarif
  vmcp-admission check --cluster
  vmcp-admission check -f entry.yaml --cluster --context prod`;

/** `vmcp-admission check`: the webhook's verdicts on manifests, and on what is stored in a live cluster. */
export function checkCommand(): Command {
  const command = new Command('check')
    .summary('judge manifests, or a live cluster, by the rules of the webhook')
    .description(
      'Judge manifests by the rules of the webhook. All inputs together are the cluster that references are looked up in; with --cluster, they are looked up in the live cluster, too.',
    );
  return acceptCluster(
    acceptCaller(acceptManifests(command)).option(
      '--toolhive-version <version>',
      'release of ToolHive that the manifests are for; default: unknown',
      toToolhiveVersion,
    ),
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
