import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const src = join(root, 'src');

/**
 * What each folder of src/ may import: other folders (or single files of them) and packages. Everything else is a
 * mistake in the direction of an import. Node's own modules are judged by NO_IO below.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schema: ['zod'],
  concurrency: [],
  text: [],
  yaml: ['concurrency', 'text', 'yaml'],
  kubernetes: ['remember.ts', 'schema', 'text', 'zod'],
  x509: ['kubernetes', 'remember.ts', '@peculiar/x509', 'reflect-metadata'],
  apiClient: [
    'concurrency',
    'kubernetes/record.ts',
    'text',
    '@kubernetes/client-node',
    'undici',
    'yaml',
    'zod',
  ],
  rotation: ['apiClient/errors.ts', 'apiClient/send.ts', 'kubernetes', 'x509'],
  toolhive: ['kubernetes', 'remember.ts', 'schema', 'text', 'zod'],
  admission: ['schema', 'text', 'zod'],
  catalog: ['apiClient', 'kubernetes', 'remember.ts', 'concurrency', 'text', 'toolhive', 'yaml'],
  rules: [
    'admission/cause.ts',
    'catalog/catalog.ts',
    'kubernetes',
    'remember.ts',
    'text',
    'toolhive',
    'x509',
    'yaml',
    'ipaddr.js',
    'zod',
  ],
  injection: [
    'admission/cause.ts',
    'admission/jsonPatch.ts',
    'catalog/catalog.ts',
    'concurrency',
    'kubernetes',
    'remember.ts',
    'rules',
    'schema',
    'text',
    'toolhive',
    'x509',
    'yaml',
    'zod',
  ],
  review: [
    'admission',
    'catalog/catalog.ts',
    'docs.ts',
    'injection',
    'kubernetes',
    'remember.ts',
    'rules',
    'stale',
    'text',
    'toolhive',
    'zod',
  ],
  vap: ['docs.ts', 'rules', 'toolhive'],
  stored: ['catalog/catalog.ts', 'kubernetes', 'rules', 'toolhive'],
  stale: ['concurrency', 'catalog/catalog.ts', 'injection', 'kubernetes', 'toolhive', 'yaml'],
  offline: [
    'admission',
    'catalog',
    'injection',
    'kubernetes',
    'review',
    'rules',
    'stale',
    'concurrency',
    'text',
    'toolhive',
    'yaml',
  ],
  doctor: ['apiClient', 'docs.ts', 'text', 'toolhive', 'version.ts', 'x509', '@kubernetes/client-node'],
  playground: [
    'catalog/manifests',
    'cli/check/checkReport.ts',
    'cli/check/formats/text.ts',
    'cli/inject/injectReport.ts',
    'injection/contract.ts',
    'offline',
    'rules/policy',
    'x509/certificate.ts',
    '@codemirror',
    '@lezer/highlight',
    '@noble/hashes',
    '@peculiar/asn1-schema',
    '@peculiar/asn1-x509',
    'yaml',
  ],
  tracing: ['catalog/catalog.ts', 'concurrency'],
  server: ['admission', 'concurrency', 'text', 'tracing', 'x509', 'express', 'pino', 'prom-client'],
};

/**
 * The parts of a folder, its sub-folders and files, in layers from top to bottom: a part imports only parts of lower layers.
 * Every part is in one layer.
 */
const LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // No command knows another one; completion names what `explain` takes.
  cli: [
    ['program.ts'],
    ['completion'],
    ['certs', 'check', 'doctor', 'explain', 'inject', 'policy', 'serve'],
    ['input'],
    ['shared'],
  ],
  injection: [
    ['injector.ts'],
    ['cache.ts', 'dynamicMode.ts', 'result.ts', 'scopedPolicy.ts', 'staticMode.ts'],
    ['merge.ts', 'volumes'],
    ['resolve.ts'],
    ['backendSize.ts', 'podSize.ts'],
    ['config'],
    ['auth'],
    ['discovery'],
    ['headers'],
    ['pod'],
    ['report'],
    ['contract.ts'],
  ],
  doctor: [
    ['gather', 'report.ts'],
    ['checks.ts'],
    ['checks'],
    ['result.ts', 'probes.ts'],
    ['causes.ts', 'facts.ts', 'selector.ts'],
    ['api.ts'],
  ],
  catalog: [['kubernetes', 'manifests'], ['catalogObject.ts', 'secretFacts.ts', 'store.ts'], ['catalog.ts']],
};

/** The files of injection that wait: four read the cluster, one reads a YAML text in slices. */
const ASYNC_IN_INJECTION: readonly string[] = [
  'injection/injector.ts',
  'injection/scopedPolicy.ts',
  'injection/config/load.ts',
  'injection/discovery/load.ts',
  'injection/auth/authServer.ts',
];

/** Folders whose code decides and does nothing else: no files, sockets or processes. */
const NO_IO: readonly string[] = [
  'schema',
  'text',
  'yaml',
  'kubernetes',
  'x509',
  'rotation',
  'toolhive',
  'rules',
  'injection',
  'admission',
  'review',
  'playground',
  'vap',
];
const PURE_MODULES: readonly string[] = [
  'buffer',
  'node:crypto',
  'node:buffer',
  'node:url',
  'node:util',
  'node:net',
  'node:path',
];

/** Packages that only one folder may know. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  express: ['server'],
  pino: ['server'],
  'prom-client': ['server'],
  // Only its types in doctor.
  '@kubernetes/client-node': ['apiClient', 'doctor'],
  undici: ['apiClient'],
  commander: ['cli'],
  '@noble/hashes/sha2.js': ['playground'],
  '@codemirror/view': ['playground'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** True when only types are imported: nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  // Statements begin a line; the word `from` in a message is no import.
  const statement = /^(?:import|export)( type)?([\w\s{},*$]*)'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statement)].map(([, type, names = '', specifier, dynamic]) => {
    const to = specifier ?? dynamic ?? '';
    const listed =
      /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '') ?? [];
    return {
      from: relative(src, file),
      to: to.startsWith('.') ? relative(src, join(dirname(file), to)) : to,
      typeOnly: type !== undefined || (listed.length > 0 && listed.every((name) => /^\s*type\s/.test(name))),
    };
  });
}

/** The parts that import each other in a circle, types aside. */
function circles(partOf: (path: string) => string): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { from, to, typeOnly } of imports)
    if (!typeOnly && files.includes(to) && partOf(from) !== partOf(to))
      edges.set(partOf(from), (edges.get(partOf(from)) ?? new Set()).add(partOf(to)));
  const reached = (part: string, seen = new Set<string>()): Set<string> => {
    for (const next of edges.get(part) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
    return seen;
  };
  return [...edges.keys()].filter((part) => reached(part).has(part));
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((name) => importsOf(join(src, name)));
const folderOf = (path: string) => path.split('/')[0] ?? path;
const isNode = (specifier: string) => specifier.startsWith('node:') || builtinModules.includes(specifier);

/** The imports of a folder beside src, each side as a path from the root. */
function importsBeside(folder: string): { readonly from: string; readonly to: string }[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const fromRoot = (path: string) => relative(root, join(src, path));
  return names
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .flatMap((name) => importsOf(join(root, folder, name)))
    .map(({ from, to }) => ({ from: fromRoot(from), to: to.startsWith('..') ? fromRoot(to) : to }));
}

describe('the direction of imports beside src', () => {
  // Tests try the scripts, and both use the helpers of test/support.
  it('the scripts import nothing of the tests but their support', () => {
    const ofTests = importsBeside('scripts').filter(({ to }) => to.startsWith('test/'));
    expect(ofTests.length).toBeGreaterThan(3);
    expect(ofTests.filter(({ to }) => !to.startsWith('test/support/'))).toEqual([]);
  });

  it('the support of the tests imports no test and no script', () => {
    const wrong = importsBeside('test/support').filter(
      ({ to }) => to.startsWith('scripts/') || (to.startsWith('test/') && !to.startsWith('test/support/')),
    );
    expect(wrong).toEqual([]);
  });

  it('src and certs import neither', () => {
    const all = [...importsBeside('src'), ...importsBeside('certs')];
    expect(all.filter(({ to }) => /^(?:test|scripts)\//.test(to))).toEqual([]);
  });
});

describe('the map in CONTRIBUTING.md', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  /** The folders and files of each row of its table. */
  const rows = [...text.matchAll(/^\| ((?:`src\/[^`]+`(?:, )?)+) \|/gm)].map(([, cell = '']) =>
    [...cell.matchAll(/`src\/([^`]+?)\/?`/g)].map(([, path = '']) => path),
  );
  const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);
  /** The row of the innermost folder that has the file. */
  const rowOf = (path: string) => {
    const places = rows.flat().filter((place) => isIn(path, place));
    const inner = places.toSorted((a, b) => b.length - a.length)[0];
    return rows.findIndex((row) => inner !== undefined && row.includes(inner));
  };

  it('names only what there is', () => {
    const paths = [...text.matchAll(/`(src\/[^`\s]+)`/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('has a row for each file of src', () => {
    expect(files.filter((name) => rowOf(name) < 0)).toEqual([]);
  });

  it('lists folders so that imports point down', () => {
    const wrong = imports.filter(({ from, to }) => files.includes(to) && rowOf(to) < rowOf(from));
    expect(wrong).toEqual([]);
  });
});

describe('the direction of imports', () => {
  it('finds the imports of the whole source tree', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(Object.keys(MAY_IMPORT))('%s imports only what stands below it', (folder) => {
    const allowed = MAY_IMPORT[folder] ?? [];
    const wrong = imports
      .filter(({ from, to }) => folderOf(from) === folder && folderOf(to) !== folder && !isNode(to))
      .filter(({ to }) => !allowed.some((path) => to === path || to.startsWith(`${path}/`)));
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(LAYERS))('the parts of %s import only parts of lower layers', (folder) => {
    const layers = LAYERS[folder] ?? [];
    const partOf = (path: string) => path.split('/')[1] ?? '';
    const layerOf = (path: string) => layers.findIndex((parts) => parts.includes(partOf(path)));
    const own = files.filter((name) => folderOf(name) === folder);
    expect([...new Set(own.map(partOf))].sort()).toEqual(layers.flat().sort());
    const wrong = imports
      .filter(({ from, to }) => folderOf(from) === folder && folderOf(to) === folder)
      .filter(({ from, to }) => partOf(from) !== partOf(to) && layerOf(to) <= layerOf(from));
    expect(wrong).toEqual([]);
  });

  it.each([
    ['files', (path: string) => path],
    ['parts of a folder', (path: string) => path.split('/').slice(0, 2).join('/')],
    ['folders', folderOf],
  ])('has no circle of %s', (_, partOf) => {
    expect(circles(partOf)).toEqual([]);
  });

  it('lets injection wait in few places only', () => {
    const waits = (name: string) => /\basync\b|\bawait\b/.test(readFileSync(join(src, name), 'utf8'));
    const own = files.filter((name) => folderOf(name) === 'injection');
    expect(own.filter(waits).sort()).toEqual(ASYNC_IN_INJECTION.toSorted());
  });

  it.each(NO_IO)('%s does no input or output', (folder) => {
    const wrong = imports.filter(
      ({ from, to }) => folderOf(from) === folder && isNode(to) && !PURE_MODULES.includes(to),
    );
    expect(wrong).toEqual([]);
  });

  it('lets the playground reach nothing of Node but what its platform/ stands in for', () => {
    const reached = new Set(files.filter((name) => folderOf(name) === 'playground'));
    for (const name of reached)
      for (const { from, to, typeOnly } of imports)
        if (from === name && !typeOnly && files.includes(to)) reached.add(to);
    const standsIn = ['node:crypto', 'node:path', 'node:util', 'buffer'];
    const wrong = imports.filter(({ from, to }) => reached.has(from) && isNode(to) && !standsIn.includes(to));
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(ONLY_IN))('%s is known to %j only', (name, folders) => {
    const wrong = imports.filter(({ from, to }) => to === name && !folders.includes(folderOf(from)));
    expect(wrong).toEqual([]);
  });

  it('keeps requests that may write to the commands of a person or a Job', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        to === 'apiClient/send.ts' &&
        !typeOnly &&
        !['cli/certs/certsRotate.ts', 'cli/doctor/doctor.ts', 'cli/doctor/doctorRecover.ts'].includes(from),
    );
    expect(wrong).toEqual([]);
  });

  it('reads the environment in the settings only; a credential plugin inherits it', () => {
    const mayRead = ['settings.ts', 'apiClient/credentialPlugin.ts'];
    const wrong = files.filter(
      (name) => !mayRead.includes(name) && /process\.env\b/.test(readFileSync(join(src, name), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
