import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReloadOutcome } from '../metrics/metrics.ts';

/** A serving certificate and its key, both of one generation, found good. */
export interface Pair {
  /** The chain as in `tls.crt`. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Changes when either file changes; no secret can be computed from it. */
  readonly fingerprint: string;
}

/** What a certificate folder holds; `problem` is one sentence without contents. */
export type PairRead =
  | { readonly ok: true; readonly pair: Pair }
  | {
      readonly ok: false;
      readonly outcome: Exclude<ReloadOutcome, 'loaded'>;
      readonly problem: string;
      readonly fingerprint: string;
    };

const CERT = 'tls.crt';
const KEY = 'tls.key';
/** How often to read again when the kubelet swaps the folder during the read. */
const ATTEMPTS = 3;

/** The folder that holds the files: the kubelet swaps the symlink `..data`, so both are read through its target. */
async function generation(folder: string): Promise<string> {
  try {
    return await realpath(join(folder, '..data'));
  } catch {
    return folder;
  }
}

async function readFiles(folder: string): Promise<readonly [cert: Buffer, key: Buffer]> {
  for (let attempt = 1; ; attempt++) {
    const from = await generation(folder);
    try {
      const files = await Promise.all([readFile(join(from, CERT)), readFile(join(from, KEY))]);
      if ((await generation(folder)) === from || attempt === ATTEMPTS) return files;
    } catch (error) {
      if ((await generation(folder)) === from || attempt === ATTEMPTS) throw error;
    }
  }
}

function leafOf(cert: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}

function keyOf(key: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(key);
  } catch {
    return undefined;
  }
}

/** Judges the contents of both files at a moment. */
function checkPair(cert: Buffer, key: Buffer, fingerprint: string, now: Date): PairRead {
  const bad = (outcome: Exclude<ReloadOutcome, 'loaded'>, problem: string) => ({
    ok: false as const,
    outcome,
    problem,
    fingerprint,
  });
  const leaf = leafOf(cert);
  if (!leaf) return bad('broken', `${CERT} does not begin with a certificate in PEM form`);
  const privateKey = keyOf(key);
  if (!privateKey) return bad('broken', `${KEY} is not an unencrypted private key in PEM form`);
  if (!leaf.checkPrivateKey(privateKey))
    return bad('mismatched', `${KEY} does not belong to the certificate in ${CERT}`);
  const notAfter = leaf.validToDate;
  if (notAfter <= now)
    return bad('expired', `the certificate in ${CERT} expired at ${notAfter.toISOString()}`);
  const notBefore = leaf.validFromDate;
  if (notBefore > now)
    return bad(
      'not-yet-valid',
      `the certificate in ${CERT} is not valid before ${notBefore.toISOString()}; is a clock wrong?`,
    );
  return { ok: true, pair: { cert, key, notBefore, notAfter, fingerprint } };
}

/**
 * Reads and judges the pair in a folder; undefined when its fingerprint is the known one. Never rejects. Judging takes
 * milliseconds for an RSA key, reading a tenth of one.
 */
export async function readPair(folder: string, now: Date, known?: string): Promise<PairRead | undefined> {
  try {
    const [cert, key] = await readFiles(folder);
    const fingerprint = createHash('sha256').update(cert).update('\0').update(key).digest('hex');
    return fingerprint === known ? undefined : checkPair(cert, key, fingerprint, now);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return {
      ok: false,
      outcome: missing ? 'missing' : 'broken',
      problem: missing
        ? `${CERT} and ${KEY} are not both in ${folder}`
        : `${CERT} and ${KEY} in ${folder} cannot be read (${code})`,
      fingerprint: code,
    };
  }
}
