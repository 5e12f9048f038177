import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SEMVER = String.raw`\d+\.\d+\.\d+(?:-[\w.]+)?`;

/** Where the version of the project stands: a file, and a pattern whose lookbehind finds each place in it. */
const PLACES: readonly { readonly file: string; readonly place: RegExp }[] = [
  { file: 'package.json', place: new RegExp(`(?<=^ {2}"version": ")${SEMVER}`, 'gm') },
  {
    file: 'package-lock.json',
    place: new RegExp(`(?<="name": "vmcp-admission",\\n *"version": ")${SEMVER}`, 'g'),
  },
  {
    file: 'deploy/helm/vmcp-admission/Chart.yaml',
    place: new RegExp(`(?<=^(?:version|appVersion): )${SEMVER}`, 'gm'),
  },
  { file: 'deploy/base/workload/kustomization.yaml', place: new RegExp(`(?<=newTag: )${SEMVER}`, 'g') },
  { file: 'action.yml', place: new RegExp(`(?<=default: )${SEMVER}`, 'g') },
  { file: '.pre-commit-hooks.yaml', place: new RegExp(`(?<=vmcp-admission@)${SEMVER}`, 'g') },
  {
    file: 'integrations/gitlab/vmcp-admission.gitlab-ci.yml',
    place: new RegExp(`(?<=VMCP_ADMISSION_VERSION: )${SEMVER}`, 'g'),
  },
];

/** What keeps a version from being released: places that have another one, and a change log without it. */
export async function versionProblems(root: string, version: string): Promise<readonly string[]> {
  const read = (file: string) => readFile(join(root, file), 'utf8');
  const problems: string[] = [];
  for (const { file, place } of PLACES) {
    const found = (await read(file)).match(place) ?? [];
    if (found.length === 0) problems.push(`${file} names no version`);
    for (const other of found)
      if (other !== version) problems.push(`${file} has version ${other}, not ${version}`);
  }
  if (changesOf(await read('CHANGELOG.md'), version) === undefined)
    problems.push(`CHANGELOG.md has no section "## ${version}" with text below it`);
  return problems;
}

/** Writes the version to all places; the section of CHANGELOG.md is for a person to write. */
export async function setVersion(root: string, version: string): Promise<void> {
  if (!new RegExp(`^${SEMVER}$`).test(version))
    throw new Error(`"${version}" is not a version such as 1.2.3 or 1.2.3-rc.1`);
  for (const { file, place } of PLACES) {
    const path = join(root, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(place, version));
  }
}

/** The section of a version in the change log, without its heading; undefined when there is none or it is empty. */
export function changesOf(log: string, version: string): string | undefined {
  const sections = log.split(/^## /m).slice(1);
  const own = sections.find((section) => /^\S+/.exec(section)?.[0] === version);
  return own?.slice(own.indexOf('\n') + 1).trim() || undefined;
}
