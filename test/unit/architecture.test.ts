import { readdirSync, readFileSync } from 'node:fs';
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
  yaml: ['yaml'],
  toolhive: ['schema', 'zod'],
  admission: ['schema', 'zod'],
  manifests: ['yaml'],
  certificates: ['@peculiar/x509', 'reflect-metadata'],
  catalog: ['toolhive', 'manifests', 'admission/text.ts', '@kubernetes/client-node', 'undici', 'yaml', 'zod'],
  validation: [
    'toolhive',
    'admission/cause.ts',
    'admission/text.ts',
    'catalog/catalog.ts',
    'ipaddr.js',
    'zod',
  ],
  injection: [
    'schema',
    'toolhive',
    'admission/cause.ts',
    'admission/text.ts',
    'admission/jsonPatch.ts',
    'catalog/catalog.ts',
    'validation',
    'yaml',
    'zod',
  ],
  reviewers: ['admission', 'toolhive', 'catalog/catalog.ts', 'manifests', 'validation', 'injection', 'zod'],
  server: ['admission', 'catalog/catalog.ts', 'catalog/kubernetes', 'express', 'pino', 'prom-client'],
};

/** Folders whose code decides and does nothing else: no files, sockets or processes. */
const NO_IO: readonly string[] = [
  'schema',
  'yaml',
  'toolhive',
  'validation',
  'injection',
  'admission',
  'reviewers',
];
const PURE_MODULES: readonly string[] = [
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
  '@kubernetes/client-node': ['catalog'],
  undici: ['catalog'],
  commander: ['commands', 'main.ts'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  // Statements begin a line; the word `from` in a message is no import.
  const statement = /^(?:import|export)[\w\s{},*$]*'([^']+)'|\bimport\('([^']+)'\)/gm;
  const specifiers = [...text.matchAll(statement)].map((match) => match[1] ?? match[2] ?? '');
  return specifiers.map((specifier) => ({
    from: relative(src, file),
    to: specifier.startsWith('.') ? relative(src, join(dirname(file), specifier)) : specifier,
  }));
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((name) => importsOf(join(src, name)));
const folderOf = (path: string) => path.split('/')[0] ?? path;
const isNode = (specifier: string) => specifier.startsWith('node:') || builtinModules.includes(specifier);

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

  it.each(NO_IO)('%s does no input or output', (folder) => {
    const wrong = imports.filter(
      ({ from, to }) => folderOf(from) === folder && isNode(to) && !PURE_MODULES.includes(to),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(ONLY_IN))('%s is known to %j only', (name, folders) => {
    const wrong = imports.filter(({ from, to }) => to === name && !folders.includes(folderOf(from)));
    expect(wrong).toEqual([]);
  });

  it('reads the environment in the settings only', () => {
    const wrong = files.filter(
      (name) =>
        name !== 'settings.ts' &&
        name !== 'main.ts' &&
        /process\.env\b/.test(readFileSync(join(src, name), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
