import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolders } from './licenses.ts';

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** `node_modules/a/node_modules/@b/c` → `@b/c`. */
function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** A package URL; the `@` of a scope is escaped, as its specification wants. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** SPDX has names for single licences, and expressions such as `(MIT OR Apache-2.0)`. */
function licences(license: string | undefined): readonly object[] {
  if (license === undefined) return [];
  return /[\s()]/.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** npm's `integrity` (`sha512-…` in base64), which is of the package's archive, as CycloneDX writes it. */
function hashes(integrity: string): readonly object[] {
  return integrity.split(' ').map((one) => {
    const [algorithm = '', base64 = ''] = one.split(/-(.*)/s);
    return {
      alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
      content: Buffer.from(base64, 'base64').toString('hex'),
    };
  });
}

function component(key: string, { version, license, integrity }: LockedPackage): object {
  return {
    type: 'library',
    'bom-ref': key,
    name: nameOf(key),
    version,
    ...(integrity !== undefined && { hashes: hashes(integrity) }),
    licenses: licences(license),
    purl: purl(nameOf(key), version),
  };
}

/**
 * The packages of a bundle as CycloneDX 1.6: name, version, licence and the hash of the archive of each, by the lock file. No
 * time and no random number, so that the same lock file gives the same text. Not `npm sbom --omit dev`: of npm 11 it leaves out
 * six packages of the bundle that development needs too (yaml among them), and lists some thirty that are not in it.
 */
export async function bundleSbom(root: string, inputs: readonly string[]): Promise<string> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const components = packageFolders(inputs).map((folder) => {
    const key = folder.slice(folder.indexOf('node_modules/'));
    const locked = lock.packages[key];
    if (locked === undefined) throw new Error(`package-lock.json has no ${key}, which is in the bundle`);
    return component(key, locked);
  });
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purl(name, version),
        name,
        version,
        licenses: licences(license),
        purl: purl(name, version),
      },
    },
    components,
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}
