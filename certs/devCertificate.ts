import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority, makeLeaf } from '../src/x509/generate.ts';

const NAMES = ['localhost', '127.0.0.1', '::1', 'vmcp-admission.vmcp-admission.svc'];
const DAYS = 30;
/** A pair that ends within this is made again. */
const RENEW_BEFORE = 24 * 3_600_000;

async function isUsable(folder: string, now: Date): Promise<boolean> {
  try {
    const [cert, ca] = await Promise.all([
      readFile(join(folder, 'tls.crt')),
      readFile(join(folder, 'ca.crt')),
      readFile(join(folder, 'tls.key')),
    ]);
    const leaf = new X509Certificate(cert);
    const authority = new X509Certificate(ca);
    return leaf.verify(authority.publicKey) && leaf.validToDate.getTime() - now.getTime() > RENEW_BEFORE;
  } catch {
    return false;
  }
}

/**
 * Makes sure that a folder holds a development certificate for localhost: `ca.crt`, `tls.crt`, `tls.key`. The
 * authority's key is thrown away, so the authority can sign nothing else. Returns what it did.
 */
export async function ensureDevCertificate(folder: string, now: Date = new Date()): Promise<'made' | 'kept'> {
  if (await isUsable(folder, now)) return 'kept';
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await makeAuthority({ commonName: 'vmcp-admission development CA', now, days: DAYS });
  const leaf = await makeLeaf(authority, {
    commonName: 'localhost',
    names: NAMES,
    usage: 'server',
    now,
    days: DAYS,
  });
  const files = { 'ca.crt': authority.cert, 'tls.key': leaf.key, 'tls.crt': leaf.cert };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await chmod(`${file}.new`, name === 'tls.key' ? 0o600 : 0o644);
    await rename(`${file}.new`, file);
  }
  return 'made';
}
