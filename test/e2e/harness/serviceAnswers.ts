import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { PemPair } from '../../../src/x509/generate.ts';
import type { ProcessScope } from '../../support/processes.ts';
import { startWebhook, type WebhookProcess } from '../../support/webhook.ts';
import { droppingPort } from './badNetwork.ts';

/**
 * What answers at the address of a Service: a replica, one that knows its callers by their certificates, a server that never
 * says a word, plain HTTP, nothing, a machine that drops all packets, or TLS with a pair.
 */
export type Answering = 'webhook' | 'known callers' | 'silence' | 'http' | 'nothing' | 'dropped' | PemPair;

interface Replicas {
  readonly scope: ProcessScope;
  readonly kubeconfig: string;
  readonly certDir: string;
  /** The CA of the callers that a replica may be told to ask for, PEM. */
  readonly callersCa: string;
}

/** The address of a Service on this machine, and what answers there. */
export class ServiceAnswers {
  readonly #replicas: Replicas;
  readonly #webhook: WebhookProcess;
  readonly #sockets = new Set<Socket>();
  #now: Answering = 'nothing';
  #stop: () => Promise<unknown> = async () => undefined;
  address = '';

  private constructor(replicas: Replicas, webhook: WebhookProcess) {
    this.#replicas = replicas;
    this.#webhook = webhook;
  }

  /** Starts the replica; nothing answers yet. */
  static async start(replicas: Replicas): Promise<ServiceAnswers> {
    return new ServiceAnswers(replicas, await ServiceAnswers.#replica(replicas));
  }

  static async #replica(
    { scope, kubeconfig, certDir }: Replicas,
    ...more: string[]
  ): Promise<WebhookProcess> {
    const flags = ['--kubeconfig', kubeconfig, '--cert-dir', certDir, ...more];
    return (await startWebhook({ scope, flags })).untilReady();
  }

  /** True when a connection would wait in vain. */
  get isSilent(): boolean {
    return this.#now === 'silence' || this.#now === 'dropped';
  }

  /** @throws when port 443 cannot be used without root */
  async become(what: Answering): Promise<void> {
    await this.#stop();
    this.#now = what;
    this.#stop = await this.#start(what);
  }

  /** Starts what answers; resolves to what stops it. */
  async #start(what: Answering): Promise<() => Promise<unknown>> {
    if (what === 'nothing') return async () => undefined;
    if (what === 'dropped') return (await droppingPort(this.#replicas.scope, this.address, 443)).close;
    // A replica never takes an expired pair, so another server has to show it.
    if (typeof what === 'object') return this.#listen(createTlsServer(what, (socket) => this.#keep(socket)));
    if (what !== 'known callers') return this.#listen(this.#forwarding(this.#webhook.port, what));
    const file = join(this.#replicas.scope.dir, 'callers.crt');
    await writeFile(file, this.#replicas.callersCa);
    const replica = await ServiceAnswers.#replica(this.#replicas, '--client-ca-file', file);
    const stop = await this.#listen(this.#forwarding(replica.port, 'webhook'));
    return () => Promise.all([stop(), replica.process.stop('SIGKILL')]);
  }

  async #listen(server: Server): Promise<() => Promise<unknown>> {
    server.listen(443, this.address);
    await once(server, 'listening');
    return () => {
      for (const socket of this.#sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      return closed;
    };
  }

  #forwarding(port: number, what: 'webhook' | 'silence' | 'http'): Server {
    return createServer((socket) => {
      this.#keep(socket);
      if (what === 'http') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      if (what !== 'webhook') return;
      const replica = this.#keep(connect(port, '127.0.0.1'));
      socket.pipe(replica).pipe(socket);
      socket.once('close', () => replica.destroy());
      replica.once('close', () => socket.destroy());
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
  }
}
