import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, makeAuthority, makeLeaf, type PemPair } from '../../src/x509/generate.ts';

const DAY = 86_400_000;
const NAMES = ['vmcp-admission.vmcp-admission.svc', 'localhost', '127.0.0.1'];

/** When a certificate is made, and for how long; today and for a day when left out. */
export interface Validity {
  readonly now?: Date;
  readonly days?: number;
}

export function authority(commonName = 'test CA', { now = new Date(), days = 1 }: Validity = {}) {
  return makeAuthority({ commonName, now, days });
}

/** A pair that serves as the Service and as 127.0.0.1. */
export function servingPair(ca: Authority, commonName: string, validity: Validity = {}): Promise<PemPair> {
  const { now = new Date(), days = 1 } = validity;
  return makeLeaf(ca, { commonName, names: NAMES, usage: 'server', now, days });
}

/** A pair for a caller. */
export function clientPair(ca: Authority, commonName: string): Promise<PemPair> {
  return makeLeaf(ca, { commonName, names: [], usage: 'client', now: new Date(), days: 1 });
}

/** Writes both files one after the other, as a person with `cp` does. */
export async function writePair(folder: string, { cert, key }: Pick<PemPair, 'cert' | 'key'>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tls.crt'), cert);
  await writeFile(join(folder, 'tls.key'), key, { mode: 0o600 });
}

/** Makes `tls.crt` and `tls.key` in the folder, of a new authority; returns the authority's certificate, PEM. */
export async function writeServingCertificate(folder: string): Promise<string> {
  const ca = await authority();
  await writePair(folder, await servingPair(ca, 'test server'));
  return ca.cert;
}

/** A CA and a serving pair that it signed. */
export interface Generation {
  readonly authority: Authority;
  readonly leaf: PemPair;
}

/** Makes a CA and a serving pair. With negative `days` the pair has expired. */
export async function newGeneration(name: string, days = 1): Promise<Generation> {
  const now = days > 0 ? new Date() : new Date(Date.now() + (days - 1) * DAY);
  const validity = { now, days: Math.max(1, Math.abs(days)) };
  const ca = await authority(name, validity);
  return { authority: ca, leaf: await servingPair(ca, name, validity) };
}

/** What a kubernetes.io/tls Secret may bring, PEM. */
export type CertFiles = { readonly [name in 'tls.crt' | 'tls.key' | 'ca.crt']?: string };

/** A folder as the kubelet fills it: the files are links into `..data`, which is swapped as a whole. */
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

  async serve({ cert, key }: Pick<PemPair, 'cert' | 'key'>): Promise<void> {
    await this.write({ 'tls.crt': cert, 'tls.key': key });
  }
}
