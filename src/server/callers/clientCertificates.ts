import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { fileErrorText } from '../../text/fileError.ts';
import { parseCertificate } from '../../x509/parsed.ts';
import type { Authenticate } from '../app.ts';

/** Why `--client-ca-file` cannot be used, as a sentence without contents of the file. */
export class ClientCaError extends Error {
  constructor(file: string, reason: string) {
    super(`--client-ca-file ${file} ${reason}`);
    this.name = 'ClientCaError';
  }
}

/** Each certificate of a PEM text, up to what begins behind it. */
const CERTIFICATES = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?(?=-----BEGIN |$)/g;

/**
 * Reads `--client-ca-file`: the authorities that sign callers' certificates. Rejects with a ClientCaError, also when one of
 * several certificates cannot be read, which OpenSSL would ignore. OpenSSL judges them, since it verifies callers; Go, which reads
 * the CA bundles of entries, knows fewer keys.
 */
export async function readClientCa(file: string): Promise<Buffer> {
  const pem = await readFile(file).catch((error: unknown) => {
    throw new ClientCaError(file, `cannot be used: ${fileErrorText(error)}`);
  });
  const certificates = pem.toString('latin1').match(CERTIFICATES) ?? [];
  const unreadable = certificates.filter((certificate) => !parseCertificate(certificate)).length;
  const wanted = "it must hold the certificates, in PEM, of the authorities that sign callers' certificates";
  if (unreadable > 0)
    throw new ClientCaError(
      file,
      `cannot be used: certificates in it that are cut off or cannot be read: ${unreadable}; ${wanted}`,
    );
  if (certificates.length === 0) throw new ClientCaError(file, `holds no certificate; ${wanted}`);
  return pem;
}

/**
 * Accepts callers whose client certificate has one of the common names. The TLS handshake has already verified the
 * certificate against `--client-ca-file`.
 */
export function byCertificate(allowedNames: readonly string[]): Authenticate {
  return async ({ socket }) => {
    const name = (socket as TLSSocket).getPeerCertificate?.().subject?.CN;
    const names = typeof name === 'string' ? [name] : (name ?? []);
    if (names.some((one) => allowedNames.includes(one))) return undefined;
    return {
      code: 403,
      message: 'the common name of the client certificate is not in --client-allowed-names',
    };
  };
}
