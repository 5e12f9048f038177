import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Where to listen; port 0 takes a free one, no host means every address of the machine. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** What stands in the way of listening, as one sentence. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

function problem(error: NodeJS.ErrnoException, { host, port }: ListenAddress): ListenError {
  const where = `port ${port}${host === undefined ? '' : ` of ${host}`}`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is already in use by another process; stop that one or choose another port`,
    EACCES: `listening on ${where} is not permitted for this user; choose a port above 1023`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; choose one of its addresses, or leave out --host`,
    ENOTFOUND: `the host name ${host} cannot be resolved`,
  };
  const code = error.code ?? 'UNKNOWN';
  return new ListenError(reasons[code] ?? `cannot listen on ${where} (${code})`);
}

/** Starts listening. Rejects with a {@link ListenError}. */
export async function listen(server: Server, address: ListenAddress): Promise<AddressInfo> {
  try {
    await once(server.listen(address), 'listening');
  } catch (error) {
    throw problem(error as NodeJS.ErrnoException, address);
  }
  return server.address() as AddressInfo;
}
