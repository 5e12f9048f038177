import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { found, type Read, unread } from '../api.ts';

const DEADLINE_MS = 5_000;

/** The certificates that a TLS server presents; their signatures are not verified, and no request is sent. */
export function presentedBy(
  host: string,
  port: number,
  name: string,
): Promise<Read<readonly X509Certificate[]>> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, servername: name, rejectUnauthorized: false });
    const end = (read: Read<readonly X509Certificate[]>) => {
      socket.destroy();
      resolve(read);
    };
    socket.setTimeout(DEADLINE_MS, () => end(unread('no answer within five seconds')));
    socket.once('error', (error: NodeJS.ErrnoException) => end(unread(error.code ?? 'the handshake failed')));
    socket.once('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      const chain: X509Certificate[] = [];
      for (
        let one = leaf;
        one && !chain.some((seen) => seen.raw.equals(one?.raw ?? Buffer.of()));
        one = one.issuerCertificate
      )
        chain.push(one);
      end(chain.length > 0 ? found(chain) : unread('no certificate was presented'));
    });
  });
}
