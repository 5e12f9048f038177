import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { cli } from '../../test/support/cli.ts';
import type { Kubectl } from '../../test/support/cluster/kubectl.ts';
import type { CommandResult } from '../../test/support/command.ts';
import { BASE, objectsOf } from './examples.ts';
import type { RulePage } from './page.ts';
import { fillPlaceholders } from './placeholders.ts';

/** An object of an example. */
export interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export type Which = 'bad' | 'good';

/** Each example has a namespace of its own. */
function namespaceOf(page: RulePage, which: Which): string {
  return `${page.id}-${which}`;
}

async function samples(text: string, namespace: string): Promise<Sample[]> {
  return (await objectsOf(text)).map(({ object }) => {
    const sample = object as unknown as Sample;
    return { ...sample, metadata: { ...sample.metadata, namespace } };
  });
}

const isToolhive = ({ apiVersion }: Sample) => apiVersion.startsWith('toolhive.');

function statusPatch({ kind, metadata, status }: Sample, namespace: string): string[] {
  const patch = JSON.stringify({ status });
  return ['patch', kind, metadata.name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch];
}

function specPatch({ kind, metadata, spec }: Sample): string[] {
  return ['patch', kind, metadata.name, '--type=merge', '-p', JSON.stringify({ spec })];
}

/** Stores what the examples of the pages take for granted. Pages about phases need this before there is a webhook. */
export async function storeBefore(pages: readonly RulePage[], kubectl: Kubectl): Promise<void> {
  const objects: object[] = [];
  const stored: Sample[] = [];
  for (const page of pages)
    for (const which of ['bad', 'good'] as const) {
      const namespace = namespaceOf(page, which);
      objects.push({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const before = [
        ...(await samples(BASE, namespace)),
        ...(await samples(page.before, namespace)),
        ...(page.kind === 'apply' ? await samples(page[which], namespace) : []).filter((o) => !isToolhive(o)),
      ];
      stored.push(...before);
      objects.push(...before);
    }
  if (objects.length > 0) await kubectl.ok(['create', '-f', '-'], objects);
  for (const sample of stored)
    if (sample.status !== undefined && isToolhive(sample))
      await kubectl.ok(statusPatch(sample, sample.metadata.namespace ?? ''));
}

/** The objects of ToolHive that an example is about, in its namespace. */
export async function toolhiveSamples(page: RulePage, which: Which): Promise<readonly Sample[]> {
  return (await samples(page[which], namespaceOf(page, which))).filter(isToolhive);
}

/** Tries an example without storing anything; one result for each of its objects. */
export async function tryExample(page: RulePage, which: Which, kubectl: Kubectl): Promise<CommandResult[]> {
  const namespace = namespaceOf(page, which);
  const results: CommandResult[] = [];
  for (const sample of await toolhiveSamples(page, which)) {
    if (page.kind === 'apply') results.push(await kubectl.apply([sample], '--dry-run=server'));
    else if (page.kind === 'update')
      results.push(await kubectl.run([...specPatch(sample), '-n', namespace, '--dry-run=server']));
    else if (page.kind === 'status')
      results.push(await kubectl.run([...statusPatch(sample, namespace), '--dry-run=server']));
    else
      results.push(
        await kubectl.run(['delete', sample.kind, sample.metadata.name, '-n', namespace, '--dry-run=server']),
      );
  }
  return results;
}

/** What a person would have typed. */
async function typed(page: RulePage): Promise<string> {
  const [sample] = (await samples(page.bad, '')).filter(isToolhive);
  if (!sample) throw new Error(`docs/rules/${page.id}.md has no ToolHive object in its bad example`);
  const { kind, metadata, spec, status } = sample;
  const resource = kind.toLowerCase();
  if (page.kind === 'update')
    return `kubectl patch ${resource} ${metadata.name} --type=merge -p '${JSON.stringify({ spec })}'`;
  if (page.kind === 'delete') return `kubectl delete ${resource} ${metadata.name}`;
  if (page.kind === 'status')
    return `kubectl patch ${resource} ${metadata.name} --subresource=status --type=merge -p '${JSON.stringify({ status })}'`;
  return `kubectl apply -f ${metadata.name}.yaml`;
}

/** What kubectl printed, as if the example stood in the namespace `default` and had been stored. */
export async function kubectlBlock(page: RulePage, results: readonly CommandResult[]): Promise<string> {
  const output = results.map(({ stdout, stderr }) => stderr + stdout).join('');
  return `$ ${await typed(page)}\n${steady(page, output)
    .replaceAll(namespaceOf(page, 'bad'), 'default')
    .replaceAll(' (server dry run)', '')}`;
}

/** Certificates that expire soon do so on another day in each run. */
function steady(page: RulePage, output: string): string {
  return page.bad.includes(' expires in ') ? output.replace(/\d{4}-\d\d-\d\d/g, 'YYYY-MM-DD') : output;
}

/** What `vmcp-admission check` prints about the bad example of a page. */
export async function checkBlock(page: RulePage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rule-docs-'));
  try {
    const [subject] = (await samples(page.bad, '')).filter(isToolhive);
    const file = `${subject?.metadata.name}.yaml`;
    const before = (await objectsOf(`${BASE}---\n${page.before}`)).map(({ object }) => object);
    // A status is written into the stored object, as `check` has no subresources.
    const bad =
      page.kind === 'apply'
        ? await fillPlaceholders(page.bad)
        : stringify({ ...before.find(({ kind }) => kind === subject?.kind), status: subject?.status });
    const others = page.kind === 'apply' ? before : before.filter(({ kind }) => kind !== subject?.kind);
    await writeFile(join(folder, 'before.yaml'), others.map((object) => stringify(object)).join('---\n'));
    await writeFile(join(folder, file), bad);
    if (page.policy !== undefined) await writeFile(join(folder, 'policy.yaml'), page.policy);
    const args = ['check', '-f', 'before.yaml', '-f', file, ...page.recordedWith.split(' ').slice(1)];
    const { stdout, stderr } = await cli(args, { cwd: folder });
    return `$ vmcp-admission ${args.join(' ')}\n${steady(page, stdout + stderr)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
