import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Plays kube-proxy for one Service: what connects to its address is joined to one of the ready endpoints. */
export class ServiceAddress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(endpoints: () => readonly number[]) {
    this.#server = createServer((client) => {
      const ports = endpoints();
      const port = ports[this.#next++ % ports.length];
      this.#keep(client);
      if (port === undefined) client.resetAndDestroy();
      else this.#join(client, this.#keep(connect(port, '127.0.0.1')));
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
  }

  #join(client: Socket, replica: Socket): void {
    client.pipe(replica).pipe(client);
    client.once('close', () => replica.destroy());
    replica.once('close', () => client.destroy());
  }

  /**
   * Listens at the Service's own address and port, which must be of this machine. `endpoints` are ports of 127.0.0.1.
   * @throws when the address cannot be used, for example a port below 1024 without the right to it.
   */
  static async listen(
    address: string,
    port: number,
    endpoints: () => readonly number[],
  ): Promise<ServiceAddress> {
    const service = new ServiceAddress(endpoints);
    service.#server.listen(port, address);
    await once(service.#server, 'listening');
    return service;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
