import { once } from 'node:events';
import { connect } from 'node:tls';

/** Where a server listens, and how a caller trusts it. */
export interface Trusting {
  readonly host: string;
  readonly port: number;
  /** PEM of the CAs that are trusted. */
  readonly ca: string;
  /** The name that its certificate must have; the host when left out. */
  readonly servername?: string;
}

/** Opens a TLS connection as a new one of an API server, and returns the serial number of what is served. @throws when it is not trusted. */
export async function handshake(server: Trusting): Promise<string> {
  const socket = connect(server);
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.serialNumber ?? '';
  } finally {
    socket.destroy();
  }
}
