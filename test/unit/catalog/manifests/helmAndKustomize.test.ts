import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifests } from '../../../../src/catalog/manifests/readManifests.ts';

const OBJECT = 'apiVersion: v1\nkind: A\n';

/** Files of one folder, and what comes of them. */
interface Tree {
  readonly files: Readonly<Record<string, string>>;
  readonly objects?: readonly string[];
  readonly helm?: readonly string[];
  readonly kustomize?: readonly string[];
  readonly others?: readonly string[];
  readonly problems?: readonly string[];
}

const TREES: Readonly<Record<string, Tree>> = {
  'a Helm chart': {
    files: {
      'app/Chart.yaml': 'apiVersion: v2\nname: app\n',
      'app/values.yaml': 'kind: DaemonSet\n',
      'app/values-prod.yaml': 'a: {{ broken\n',
      'app/values.schema.json': '{"type": "object"}',
      'app/ci/one.yaml': 'a: 1\n',
      'app/crds/crd.yaml': OBJECT,
      'app/templates/if.yaml': `{{- if .x }}\n${OBJECT}{{- end }}\n`,
      'app/templates/quoted.yaml': `${OBJECT}x: "{{ .x }}"\n`,
      'app/templates/fixed.yaml': OBJECT,
      'app/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\n',
      'app/charts/sub/templates/a.yaml': `${OBJECT}x: {{ .x }}\n`,
    },
    objects: ['app/crds/crd.yaml', 'app/templates/fixed.yaml'],
    helm: [
      'app/Chart.yaml',
      'app/charts/sub/Chart.yaml',
      'app/charts/sub/templates/a.yaml',
      'app/ci/one.yaml',
      'app/templates/if.yaml',
      'app/templates/quoted.yaml',
      'app/values-prod.yaml',
      'app/values.schema.json',
      'app/values.yaml',
    ],
  },
  'a kustomization with patches': {
    files: {
      'base/kustomization.yaml': 'resources: [a.yaml]\n',
      'base/a.yaml': OBJECT,
      'prod/kustomization.yml':
        'patches: [{path: p.yaml}, {patch: "a: 1"}]\npatchesStrategicMerge: [./s.yaml, "kind: A\\n"]\npatchesJson6902: [{path: ops.json}]\nreplacements: [{path: r.yaml}]\n',
      'prod/p.yaml': OBJECT,
      'prod/s.yaml': OBJECT,
      'prod/ops.json': '[{"op": "remove", "path": "/a"}]',
      'prod/r.yaml': 'source: {kind: A}\n',
      'prod/other.yaml': OBJECT,
    },
    objects: ['base/a.yaml', 'prod/other.yaml'],
    kustomize: [
      'base/kustomization.yaml',
      'prod/kustomization.yml',
      'prod/ops.json',
      'prod/p.yaml',
      'prod/r.yaml',
      'prod/s.yaml',
    ],
  },
  'a kustomization without an ending, with files that are not resources': {
    files: {
      Kustomization:
        'resources: [a.yaml, both.yaml]\npatches: [{path: p.yaml}]\nconfigMapGenerator: [{files: [data.yaml, k=named.yaml, both.yaml]}]\nsecretGenerator: [{files: [s.json]}, null]\nhelmCharts: [{valuesFile: prod.yaml, additionalValuesFiles: [more.yaml]}]\nconfigurations: [c.yaml]\ncrds: 1\n',
      'a.yaml': OBJECT,
      'both.yaml': OBJECT,
      'p.yaml': OBJECT,
      'data.yaml': 'kind: [broken\n',
      'named.yaml': OBJECT,
      's.json': '{"kind": "DaemonSet"}',
      'prod.yaml': 'kind: DaemonSet\n',
      'more.yaml': 'kind: DaemonSet\n',
      'c.yaml': 'metadata: {}\nspec: {}\n',
      'sub/Kustomization.txt': 'kind: [broken\n',
    },
    objects: ['a.yaml', 'both.yaml'],
    kustomize: [
      'Kustomization',
      'c.yaml',
      'data.yaml',
      'more.yaml',
      'named.yaml',
      'p.yaml',
      'prod.yaml',
      's.json',
    ],
  },
  'files of other tools': {
    files: {
      'compose.yaml': 'services: {a: {image: b}}\n',
      'package.json': '{"name": "x"}',
      'tsconfig.json': '{\n  // comment\n  "a": 1\n}',
      'openapi.yaml': 'openapi: 3.0.0\ncomponents: {schemas: {A: {properties: {kind: {type: string}}}}}\n',
      'play.yml': '- hosts: all\n',
      'prod-values.yaml': 'kind: DaemonSet\n',
      'node_modules/x/package.json': '{"kind": "A"}',
      'entry.yaml': OBJECT,
    },
    objects: ['entry.yaml'],
    others: ['compose.yaml', 'openapi.yaml', 'package.json', 'play.yml', 'prod-values.yaml', 'tsconfig.json'],
  },
  'manifests with a mistake': {
    files: {
      'broken.yaml': 'apiVersion: v1\nkind: A\nx: [\n',
      'forgotten.yaml': 'metadata: {name: a}\nspec: {}\n',
      'list.yaml': '- {apiVersion: v1, kind: A}\n',
      'mixed.yaml': `${OBJECT}---\na: 1\n`,
      'no-chart/templates/a.yaml': `${OBJECT}x: {{ .x }}\n`,
      'nokind.yaml': 'apiVersion: v1\nspec: {}\n',
      'text.json': '{"apiVersion": "v1", "kind": "A", }}',
    },
    objects: ['mixed.yaml'],
    problems: [
      'broken.yaml',
      'forgotten.yaml',
      'list.yaml',
      'mixed.yaml',
      'no-chart/templates/a.yaml',
      'nokind.yaml',
      'text.json',
    ],
  },
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'conventions-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function lay(files: Tree['files']): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

const names = (found: readonly { readonly file: string }[]) =>
  [...new Set(found.map(({ file }) => relative(root, file)))].sort();

describe('in a folder', () => {
  it.each(Object.entries(TREES))('%s', async (_, { files, objects = [], problems = [], ...passed }) => {
    await lay(files);
    const found = await readManifests([root]);
    const by = (tool: string | undefined) => names(found.passedOver.filter((one) => one.tool === tool));
    expect({
      objects: names(found.documents),
      problems: names(found.problems),
      helm: by('helm'),
      kustomize: by('kustomize'),
      others: by(undefined),
    }).toEqual({ helm: [], kustomize: [], others: [], ...passed, objects, problems });
  });
});

describe('a file that is named', () => {
  it('and is a template of a chart is passed over', async () => {
    await lay(TREES['a Helm chart']?.files ?? {});
    const template = join(root, 'app/templates/if.yaml');
    const { passedOver, problems } = await readManifests([template]);
    expect({ passedOver, problems }).toEqual({
      passedOver: [{ file: template, tool: 'helm', folder: join(root, 'app') }],
      problems: [],
    });
  });

  it('and is of another tool is a problem, since it was meant to be judged', async () => {
    await lay({ 'compose.yaml': 'services: {}\n' });
    const { passedOver, problems } = await readManifests([join(root, 'compose.yaml')]);
    expect(passedOver).toEqual([]);
    expect(problems).toMatchObject([
      { line: 1, message: expect.stringContaining('not a Kubernetes object') },
    ]);
  });
});

it('says how to render what may be a template', async () => {
  await lay({ 'a.yaml': `${OBJECT}x: {{ .x }}\n` });
  const { problems } = await readManifests([root]);
  expect(problems[0]?.message).toContain('helm template CHART | vmcp-admission check -');
});
