import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Log } from './log.ts';
import { TIMING } from './timing.ts';

const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const BLOCK = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----(?:(?!-----BEGIN )[\s\S])*?-----END \1-----/g;

/** Why the file of client authorities cannot be used, as a sentence for a person; never its contents. */
export class ClientCaError extends Error {
  constructor(file: string, reason: string) {
    super(`--client-ca-file ${file} ${reason}`);
    this.name = 'ClientCaError';
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

/** What is wrong with the contents; undefined when each block is a whole certificate. OpenSSL skips what it cannot read. */
function problemOf(pem: Buffer): string | undefined {
  const text = pem.toString('latin1');
  const blocks = [...text.matchAll(BLOCK)].map(([block]) => block);
  const begun = [...text.matchAll(BEGIN)].length;
  const wanted =
    "it must hold the certificates of the authorities that sign callers' certificates, in PEM form";
  if (begun === 0) return `holds no certificate; ${wanted}`;
  if (begun > blocks.length) return `holds a certificate that is cut off; ${wanted}`;
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad >= 0) return `cannot be used: certificate ${bad + 1} of ${begun} in it cannot be read; ${wanted}`;
  return undefined;
}

function check(file: string, pem: Buffer): Buffer {
  const problem = problemOf(pem);
  if (problem !== undefined) throw new ClientCaError(file, problem);
  return pem;
}

function unreadable(file: string, error: unknown): ClientCaError {
  if (error instanceof ClientCaError) return error;
  return new ClientCaError(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
}

/** Reads `--client-ca-file` at start. Throws a {@link ClientCaError} when it cannot be read or holds no usable certificate. */
export function readClientCa(file: string): Buffer {
  try {
    return check(file, readFileSync(file));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** What follows the file of client authorities. */
export interface ClientCaDeps {
  readonly file: string;
  /** What is trusted already. */
  readonly ca: Buffer;
  readonly log: Log;
  /** Called with each new content that can be used. */
  readonly use: (ca: Buffer) => void;
  /** Milliseconds between two looks; a setting for tests. */
  readonly poll?: number;
}

/**
 * Reads the file again and again, and hands out what changed. A file that is gone, half-written or no certificate leaves
 * the last good one in use, with one log line per change.
 */
export class ClientCa {
  readonly #deps: ClientCaDeps;
  #used: Buffer;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(deps: ClientCaDeps) {
    this.#deps = deps;
    this.#used = deps.ca;
  }

  start(): void {
    this.#timer = setInterval(() => void this.refresh(), this.#deps.poll ?? TIMING.certificatePoll).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the file now; one look at a time. Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { file, log, use } = this.#deps;
    try {
      const ca = check(file, await readFile(file));
      const changed = !ca.equals(this.#used);
      if (changed) use(ca);
      if (changed || this.#problem !== undefined) log.info({ file }, 'client CA loaded');
      this.#used = ca;
      this.#problem = undefined;
    } catch (error) {
      const problem = unreadable(file, error).message;
      if (problem === this.#problem) return;
      this.#problem = problem;
      log.warn({ file, problem }, 'client CA not loaded; the last good one stays');
    }
  }
}
