import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Refusal } from '../status.ts';

/** Decides whether the sender of a request may ask for reviews. Returns why not, or undefined. */
export type Authenticate = (request: IncomingMessage) => Promise<Refusal | undefined>;

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
