import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { ProcessScope } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';

/** An HTTP proxy that lets no call through, such as one that an API server is told to use by `HTTPS_PROXY`. */
export class RefusingProxy {
  readonly #server: Server;
  /** The status line of its answers, without the version of HTTP. */
  answer = '503 Service Unavailable';

  private constructor() {
    this.#server = createServer().on('connect', (_request, socket) =>
      socket.end(`HTTP/1.1 ${this.answer}\r\nContent-Length: 0\r\n\r\n`),
    );
  }

  static async listen(): Promise<RefusingProxy> {
    const proxy = new RefusingProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

/** Listens, says so, and takes no connection. */
const DEAF = `require('node:net').createServer().listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: 1 }, () => {
  require('node:fs').writeSync(1, 'listening');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;
/** More than the kernel keeps for a program that takes none. */
const WAITING = 8;

/** An address to which all packets are dropped, as a firewall drops them: the kernel does so when too many connections wait. */
export async function droppingPort(
  scope: ProcessScope,
  host: string,
  port: number,
): Promise<{ close(): Promise<void> }> {
  const program = scope.start('deaf', process.execPath, ['-e', DEAF, host, String(port)]);
  await until('the deaf program listens', () => program.log().includes('listening') || undefined);
  const waiting: Socket[] = Array.from({ length: WAITING }, () => connect(port, host).on('error', () => {}));
  await once(waiting[0] as Socket, 'connect');
  return {
    async close() {
      for (const socket of waiting) socket.destroy();
      await program.stop('SIGKILL');
    },
  };
}
