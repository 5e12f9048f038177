import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, makeAuthority, makeLeaf, type PemPair } from '../../src/x509/generate.ts';

const NAMES = ['vmcp-admission.vmcp-admission.svc', 'localhost', '127.0.0.1'];

/** A CA and a serving pair that it signed. */
export interface Generation {
  readonly authority: Authority;
  readonly leaf: PemPair;
}

/** What a kubernetes.io/tls Secret may bring, PEM. */
export type CertFiles = { readonly [name in 'tls.crt' | 'tls.key' | 'ca.crt']?: string };

/** Makes a CA and a serving pair for the Service. With negative `days` the pair has expired. */
export async function newGeneration(name: string, days = 1): Promise<Generation> {
  const now = days > 0 ? new Date() : new Date(Date.now() + (days - 1) * 86_400_000);
  const options = { now, days: Math.max(1, Math.abs(days)) };
  const authority = await makeAuthority({ commonName: `chaos ${name}`, ...options });
  const leaf = await makeLeaf(authority, { commonName: 'chaos', names: NAMES, usage: 'server', ...options });
  return { authority, leaf };
}

/** Makes a folder as the kubelet fills it: the files are links into `..data`, which is swapped as a whole. */
export class CertFolder {
  readonly path: string;
  #count = 0;
  #current: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Swaps in other files; a file that is not given is missing. */
  async write(files: CertFiles): Promise<void> {
    const data = `..2026_${this.#count++}`;
    const folder = join(this.path, data);
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      await symlink(join('..data', name), join(this.path, name)).catch(() => {}); // it stays from one swap to the next
    }
    const link = join(this.path, '..data_tmp');
    await symlink(data, link);
    await rename(link, join(this.path, '..data'));
    if (this.#current !== undefined) await rm(join(this.path, this.#current), { recursive: true });
    this.#current = data;
  }

  async serve({ leaf }: Generation): Promise<void> {
    await this.write({ 'tls.crt': leaf.cert, 'tls.key': leaf.key });
  }
}
