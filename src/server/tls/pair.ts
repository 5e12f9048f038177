import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorText } from '../../text/fileError.ts';
import { parseCertificate } from '../../x509/parsed.ts';

/** What became of a change of the certificate folder. */
export const RELOAD_OUTCOMES = [
  'loaded',
  'missing',
  'broken',
  'mismatched',
  'expired',
  'not-yet-valid',
] as const;
export type ReloadOutcome = (typeof RELOAD_OUTCOMES)[number];

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

/** Why a certificate folder has no good pair; `problem` is one sentence without contents. */
export interface BadPair {
  readonly outcome: Exclude<ReloadOutcome, 'loaded'>;
  readonly problem: string;
  /** As that of a {@link Pair}; the code of the error when the files cannot be read. */
  readonly fingerprint: string;
}

/** What a certificate folder holds. */
export type PairRead = (Pair & { readonly outcome: 'loaded'; readonly problem?: undefined }) | BadPair;

const CERT = 'tls.crt';
const KEY = 'tls.key';
/** Attempts to read the pair: the kubelet may remove the folder that is being read. */
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
      return await Promise.all([readFile(join(from, CERT)), readFile(join(from, KEY))]);
    } catch (error) {
      if ((await generation(folder)) === from || attempt === ATTEMPTS) throw error;
    }
  }
}

function parseKey(key: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(key);
  } catch {
    return undefined;
  }
}

/** Judges the contents of both files at a moment. */
function checkPair(cert: Buffer, key: Buffer, fingerprint: string, now: Date): PairRead {
  const bad = (outcome: BadPair['outcome'], problem: string) => ({ outcome, problem, fingerprint });
  const leaf = parseCertificate(cert);
  if (!leaf) return bad('broken', `${CERT} does not begin with a certificate in PEM form`);
  const privateKey = parseKey(key);
  if (!privateKey) return bad('broken', `${KEY} is not an unencrypted private key in PEM form`);
  if (!leaf.checkPrivateKey(privateKey))
    return bad('mismatched', `${KEY} does not belong to the certificate in ${CERT}`);
  const { validFromDate: notBefore, validToDate: notAfter } = leaf;
  if (notAfter <= now)
    return bad('expired', `the certificate in ${CERT} expired at ${notAfter.toISOString()}`);
  if (notBefore > now)
    return bad(
      'not-yet-valid',
      `the certificate in ${CERT} is not valid before ${notBefore.toISOString()}; is a clock wrong?`,
    );
  return { outcome: 'loaded', cert, key, notBefore, notAfter, fingerprint };
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
      outcome: missing ? 'missing' : 'broken',
      problem: missing
        ? `${CERT} and ${KEY} are not both in ${folder}`
        : `${CERT} and ${KEY} in ${folder}: ${fileErrorText(error)}`,
      fingerprint: code,
    };
  }
}
