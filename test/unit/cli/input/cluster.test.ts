import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { TOOLHIVE_COLLECTIONS } from '../../../../src/catalog/kubernetes/collections.ts';
import { type CheckReport, exitCode, toReport } from '../../../../src/cli/check/checkReport.ts';
import { textFormat } from '../../../../src/cli/check/formats/text.ts';
import type { ClusterOptions } from '../../../../src/cli/input/clusterOptions.ts';
import { withInput } from '../../../../src/cli/input/commandInput.ts';
import { readToCheck } from '../../../../src/cli/input/manifestInput.ts';
import { Progress } from '../../../../src/cli/input/progress.ts';
import { rightsNote } from '../../../../src/cli/input/rightsNote.ts';
import { type KubernetesObject, nameOf } from '../../../../src/kubernetes/object.ts';
import { reviewManifests } from '../../../../src/offline/check.ts';
import { defaultPolicy } from '../../../../src/rules/policy/policy.ts';
import {
  type StoredCluster,
  type StoredClusterOptions,
  startStoredCluster,
} from '../../../support/storedCluster.ts';
import { review, yaml } from '../../rules/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let cluster: StoredCluster | undefined;
afterEach(() => cluster?.stop());

interface Run {
  readonly report: CheckReport;
  readonly note: string;
  readonly code: number;
  /** `Kind namespace/name: rule` of each denial and `(rule)` of each warning. */
  readonly said: readonly string[];
  readonly asked: StoredCluster['asked'];
}

/** `check --cluster`, or `check -f FILE --cluster` when there is a file. */
async function check(
  has: Omit<StoredClusterOptions, 'folder'>,
  options: ClusterOptions & { readonly secrets?: boolean } = {},
  file?: string,
): Promise<Run> {
  cluster = await startStoredCluster({ folder, ...has });
  const names = file === undefined ? [] : [join(folder, 'new.yaml')];
  if (file !== undefined) writeFileSync(join(folder, 'new.yaml'), file);
  const request = {
    names,
    options: { cluster: true, kubeconfig: cluster.kubeconfig, ...options },
    read: (files: readonly string[]) => readToCheck(files),
    collections: TOOLHIVE_COLLECTIONS,
  };
  return withInput(request, async (input) => {
    const deps = { catalog: input.catalog, policy: defaultPolicy(), now: new Date() };
    const { replaced, unread } = input;
    const checked = await reviewManifests(input.documents, {
      ...deps,
      signal: new AbortController().signal,
      unread,
      ...(replaced && { replaced }),
    });
    const report = toReport(input.name, input, checked);
    const said = report.items.flatMap(({ kind, namespace, name, causes, warnings }) => [
      ...causes.map(({ rule }) => `${kind} ${namespace}/${name}: ${rule}`),
      ...warnings.map(({ rule }) => `${kind} ${namespace}/${name}: (${rule})`),
    ]);
    return { report, note: input.note(), code: exitCode(report), said, asked: cluster?.asked ?? [] };
  });
}

const API = 'toolhive.stacklok.dev/v1beta1';

function entryText(name: string, url: string, more = ''): string {
  return `apiVersion: ${API}
kind: MCPServerEntry
metadata: {name: ${name}, namespace: apps, generation: 1}
spec: {remoteUrl: "${url}", transport: sse, groupRef: {name: team}${more}}
`;
}
const GROUP = `apiVersion: ${API}
kind: MCPGroup
metadata: {name: team, namespace: apps}
status: {phase: Ready}
`;
const VALID = 'status: {phase: Valid, observedGeneration: 1}\n';
const stored = (...texts: readonly string[]): KubernetesObject[] => yaml(texts.join('---\n'));

const GOOD = `${entryText('good', 'https://good.example.com/')}${VALID}`;
const BAD = `${entryText('bad', 'http://127.0.0.1/')}${VALID}`;
const POISON = `apiVersion: ${API}
kind: MCPServer
metadata: {name: poison, namespace: other}
spec:
  image: a
  sessionStorage: {provider: redis, address: "redis:6379"}
  rateLimiting: {shared: {maxTokens: 5, refillPeriod: 1d}}
`;
const OLD_SPELLING = `apiVersion: ${API}
kind: VirtualMCPServer
metadata: {name: old, namespace: apps}
spec: {config: {groupRef: team}, incomingAuth: {type: anonymous}}
---
apiVersion: ${API}
kind: MCPServerEntry
metadata: {name: older, namespace: apps}
spec: {remoteUrl: "https://a.example.com/", transport: sse, groupRef: team}
`;

describe('check --cluster', () => {
  const MANY = stored(
    GROUP,
    ...Array.from({ length: 600 }, (_, n) => entryText(`e${n}`, `https://e${n}.example/`)),
  );

  it.each([
    ['goes on with a list whose moment the API server has forgotten', { pages: 2, token: true }, 0, 601],
    ['says so when the API server does not say how to go on', { pages: 1, token: false }, 2, 1],
  ])('%s', async (_what, forgets, code, judged) => {
    const run = await check({ objects: MANY, forgets });
    expect({ code: run.code, judged: run.report.items.length }).toEqual({ code, judged });
    expect(new Set(run.report.items.map(({ name }) => name)).size).toBe(judged);
    expect(run.report.problems.map(({ message }) => message)).toEqual(
      code === 0
        ? []
        : [
            'cannot list mcpserverentries.toolhive.stacklok.dev: the API server answered 410: The provided continue parameter is too old',
          ],
    );
  });

  it('judges all that is stored, also what the operator cannot decode, and names objects instead of files', async () => {
    const objects = stored(GROUP, GOOD, BAD, POISON, OLD_SPELLING);
    const { report, said, code, note } = await check({ objects, absent: ['mcpregistries'] });
    expect(said.toSorted()).toEqual([
      'MCPServer other/poison: undecodable-field',
      'MCPServerEntry apps/bad: (phase-kept-valid)',
      'MCPServerEntry apps/bad: remote-url-blocked-address',
      'MCPServerEntry apps/older: (old-spelling)',
      'MCPServerEntry apps/older: undecodable-field',
      'VirtualMCPServer apps/old: (old-spelling)',
    ]);
    expect({ code, note, items: report.items.length }).toEqual({ code: 1, note: '', items: 6 });
    expect(report.items.map((item) => Object.keys(item))).toEqual(
      report.items.map(() => ['apiVersion', 'kind', 'namespace', 'name', 'allowed', 'causes', 'warnings']),
    );
    const text = textFormat(report, false).split('\n');
    const at = text.indexOf('MCPServerEntry apps/bad denied');
    expect(text[at + 1]).toMatch(/^ {2}error spec\.remoteUrl: Invalid value: /);
  });

  it('does not ask for Secrets unless it is told to', async () => {
    const header =
      ', headerForward: {addHeadersFromSecret: [{headerName: X-Key, valueSecretRef: {name: keys, key: k}}]}';
    const objects = stored(GROUP, entryText('good', 'https://good.example.com/', header));
    const without = await check({ objects });
    expect(without.said).toEqual([]);
    expect(without.asked.some(({ resource }) => resource === 'secrets')).toBe(false);
    await cluster?.stop();
    expect((await check({ objects }, { secrets: true })).said).toEqual([
      'MCPServerEntry apps/good: (secret-not-found)',
    ]);
  });

  it('lists in pages, and only the given namespaces', async () => {
    const many = Array.from({ length: 600 }, (_, index) => entryText(`e${index}`, 'https://a.example.com/'));
    const { report, asked } = await check(
      { objects: stored(GROUP, POISON, ...many) },
      { namespaces: ['apps'] },
    );
    expect(report.items.length).toBe(601);
    expect(asked.every(({ namespace }) => namespace === 'apps')).toBe(true);
    const pages = asked.filter(({ resource }) => resource === 'mcpserverentries');
    expect(pages.map(({ query }) => query.get('continue'))).toEqual([null, '250', '500']);
  });

  it('says once what may not be read and how to allow it, judges the rest, and calls nothing of it missing', async () => {
    const { said, code, note } = await check({
      objects: stored(GROUP, GOOD, BAD),
      refuse: ({ resource }) => (resource === 'mcpgroups' ? 403 : undefined),
    });
    expect({ said, code }).toEqual({
      said: [
        'MCPServerEntry apps/bad: remote-url-blocked-address',
        'MCPServerEntry apps/bad: (phase-kept-valid)',
      ],
      code: 1,
    });
    expect(note).toBe(`note: not everything could be read, and the report is without it:
  cannot list mcpgroups.toolhive.stacklok.dev in all namespaces; to allow it:
    kubectl create clusterrole vmcp-admission-audit --verb=list --resource=mcpgroups.toolhive.stacklok.dev
    kubectl create clusterrolebinding vmcp-admission-audit --clusterrole=vmcp-admission-audit --serviceaccount=apps:reader
`);
  });

  it('says once that ConfigMaps may not be read', async () => {
    const bundle = (name: string) =>
      entryText(
        name,
        'https://a.example.com/',
        `, caBundleRef: {configMapRef: {name: ${name}, key: ca.crt}}`,
      );
    const { said, note, code } = await check({
      objects: stored(GROUP, bundle('one'), bundle('two')),
      refuse: ({ resource }) => (resource === 'configmaps' ? 403 : undefined),
    });
    expect({ said, code }).toEqual({
      said: ['MCPServerEntry apps/one: (ca-bundle-unread)', 'MCPServerEntry apps/two: (ca-bundle-unread)'],
      code: 0,
    });
    expect(note.match(/cannot get configmaps in namespace apps; to allow it:/g)).toHaveLength(1);
  });

  it.each([
    ['nothing may be read', 403, 'nothing could be read: the user may not list any kind of ToolHive'],
    ['the server is ill', 500, 'cannot list mcpserverentries.toolhive.stacklok.dev and 13 more resources'],
    ['nobody knows the user', 401, 'cannot list mcpserverentries.toolhive.stacklok.dev and 13 more'],
    ['there is no ToolHive', 404, 'the cluster has no kind of ToolHive'],
  ])('ends with 2 when %s', async (_, status, message) => {
    const { report, code } = await check({ objects: [], refuse: () => status });
    expect({ code, problems: report.problems }).toEqual({
      code: 2,
      problems: [expect.objectContaining({ file: 'cluster', message: expect.stringContaining(message) })],
    });
  });

  it('ends with 2 when one list fails otherwise, and judges the rest', async () => {
    const { said, code } = await check({
      objects: stored(BAD),
      refuse: ({ resource }) => (resource === 'mcpgroups' ? 503 : undefined),
    });
    expect({ said, code }).toMatchObject({ said: { length: 2 }, code: 2 });
  });

  it('ends with 2 for a context that is not there', async () => {
    await expect(check({ objects: [] }, { context: 'none' })).rejects.toThrow(
      'the kubeconfig has no context "none"',
    );
  });
});

describe('check -f FILE --cluster', () => {
  const before = { objects: stored(GROUP, GOOD, BAD, POISON) };

  it('judges the files alone, and finds in the cluster what they refer to', async () => {
    const { said, report, asked } = await check(before, {}, entryText('new', 'https://new.example.com/'));
    expect({ said, items: report.items.length }).toEqual({ said: [], items: 1 });
    expect(asked.every(({ namespace }) => namespace === 'apps')).toBe(true);
  });

  it('puts an object without a namespace into that of the context', async () => {
    const file = entryText('new', 'https://new.example.com/').replace(', namespace: apps', '');
    expect((await check(before, {}, file)).said).toEqual([]);
    await cluster?.stop();
    expect((await check(before, { context: 'other' }, file)).said).toEqual([
      'MCPServerEntry default/new: (group-not-found)',
    ]);
  });

  it.each([
    ['unchanged, it is a warning', BAD, ['MCPServerEntry apps/bad: (remote-url-blocked-address)'], 0],
    [
      'changed elsewhere, it is a warning',
      entryText('bad', 'http://127.0.0.1/').replace('sse', 'streamable-http'),
      ['MCPServerEntry apps/bad: (remote-url-blocked-address)'],
      0,
    ],
    [
      'made worse, it is denied',
      entryText('bad', 'http://127.0.0.2/'),
      ['MCPServerEntry apps/bad: remote-url-blocked-address'],
      1,
    ],
    ['corrected, it is clean', entryText('bad', 'https://bad.example.com/'), [], 0],
    [
      'of another name, it is denied',
      entryText('other', 'http://127.0.0.1/'),
      ['MCPServerEntry apps/other: remote-url-blocked-address'],
      1,
    ],
  ])(
    'compares a file with the stored object, as the webhook does on an update: %s',
    async (_, file, said, code) => {
      expect(await check(before, {}, file)).toMatchObject({ said, code });
      const [object] = yaml(file);
      const oldObject = before.objects.find((one) => nameOf(one) === nameOf(object));
      const answer = await review({ object, oldObject, cluster: before.objects, namespace: 'apps' });
      expect(answer.kind).toBe(code === 0 ? 'allowed' : 'denied');
    },
  );

  it('looks up the file, not the stored object that it replaces', async () => {
    const header = (name: string, more: string) => entryText(name, 'https://a.example.com/', more);
    const secret = (name: string) =>
      `, headerForward: {addHeadersFromSecret: [{headerName: X-Key, valueSecretRef: {name: ${name}, key: k}}]}`;
    const objects = stored(GROUP, header('a.b', secret('one')));
    const clashing = header('a-b', secret('two'));
    const clash = await check({ objects }, {}, clashing);
    expect(new Set(clash.said)).toEqual(new Set(['MCPServerEntry apps/a-b: header-env-collision']));
    await cluster?.stop();
    const moved = `${clashing}---\n${header('a.b', secret('one')).replace('team', 'elsewhere')}`;
    expect((await check({ objects }, {}, moved)).said).toEqual([
      'MCPServerEntry apps/a.b: (group-not-found)',
      'MCPServerEntry apps/a.b: (member-name-in-tool-names)',
    ]);
  });
});

describe('the note on missing rights', () => {
  it('names a few namespaces and each right once', () => {
    const refusals = Array.from({ length: 8 }, (_, index) =>
      ['mcpgroups.toolhive.stacklok.dev', 'mcpservers.toolhive.stacklok.dev'].map((resource) => ({
        verb: 'list' as const,
        resource,
        namespace: `n${index}`,
        message: 'the API server answered 403: no',
      })),
    ).flat();
    const lines = rightsNote(refusals).split('\n');
    expect(lines[1]).toBe(
      '  cannot list mcpgroups.toolhive.stacklok.dev,mcpservers.toolhive.stacklok.dev in namespace n0, namespace n1, namespace n2, namespace n3, namespace n4 and 3 more; to allow it:',
    );
    expect(lines.filter((line) => line.includes('rolebinding vmcp-admission-audit -n'))).toHaveLength(5);
    expect(lines).toContain(
      '    kubectl create rolebinding vmcp-admission-audit -n n4 --clusterrole=vmcp-admission-audit --user=USER',
    );
  });
});

describe('the progress line', () => {
  function counted(isTTY: boolean): string[] {
    const written: string[] = [];
    let now = 0;
    const progress = new Progress({ isTTY, write: (text) => written.push(text) }, () => now);
    for (const at of [100, 1_400, 1_600, 1_700, 1_900]) {
      now = at;
      progress.add(1_000);
    }
    progress.end();
    return written;
  }

  it('is shown on a terminal, and only when it takes long', () => {
    expect(counted(true)).toEqual([
      '\r\u001b[K3,000 objects read from the cluster',
      '\r\u001b[K5,000 objects read from the cluster',
      '\r\u001b[K',
    ]);
    expect(counted(false)).toEqual([]);
  });
});
