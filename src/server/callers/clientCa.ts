import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const BLOCK = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----(?:(?!-----BEGIN )[\s\S])*?-----END \1-----/g;

/** Why `--client-ca-file` cannot be used, as a sentence without contents of the file. */
export class ClientCaError extends Error {
  constructor(file: string, reason: string) {
    super(`--client-ca-file ${file} ${reason}`);
    this.name = 'ClientCaError';
  }

  /** The error of reading or checking the file. */
  static from(file: string, error: unknown): ClientCaError {
    if (error instanceof ClientCaError) return error;
    return new ClientCaError(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

function isCertificate(block: string): boolean {
  try {
    new X509Certificate(block);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the contents; undefined when every block is a whole certificate. OpenSSL ignores blocks that it cannot read. */
function problemOf(pem: Buffer): string | undefined {
  const text = pem.toString('latin1');
  const blocks = [...text.matchAll(BLOCK)].map(([block]) => block);
  const begun = [...text.matchAll(BEGIN)].length;
  const wanted = "it must hold the certificates, in PEM, of the authorities that sign callers' certificates";
  if (begun === 0) return `holds no certificate; ${wanted}`;
  if (begun > blocks.length) return `holds a certificate that is cut off; ${wanted}`;
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad >= 0) return `cannot be used: certificate ${bad + 1} of ${begun} in it cannot be read; ${wanted}`;
  return undefined;
}

/** Returns the contents when they can be used. @throws ClientCaError */
export function checkClientCa(file: string, pem: Buffer): Buffer {
  const problem = problemOf(pem);
  if (problem !== undefined) throw new ClientCaError(file, problem);
  return pem;
}

/** Reads `--client-ca-file` at the start. @throws ClientCaError */
export function readClientCa(file: string): Buffer {
  try {
    return checkClientCa(file, readFileSync(file));
  } catch (error) {
    throw ClientCaError.from(file, error);
  }
}
