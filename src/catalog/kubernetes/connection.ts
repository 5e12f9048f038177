/** Where the API server is and who calls it. Holds credentials: never log it. */
export interface Connection {
  /** Scheme, host, port and perhaps a path prefix. `http:` is for kubectl proxy and tests on the same machine. */
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/**
 * Finds out how to reach the API server. Called again from time to time, since tokens and certificates are rotated;
 * `fresh` asks to forget everything that was read before. Rejects with a ConnectionError when something cannot be used.
 */
export type ConnectionSource = (fresh: boolean) => Promise<Connection>;

/** Why the kubeconfig or the ServiceAccount's files cannot be used; the message is for a person, without secrets. */
export class ConnectionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConnectionError';
  }
}
