import { oneAtATime } from '../../concurrency/oneAtATime.ts';
import type { Authenticate } from '../app.ts';
import type { ReadyCheck } from '../health.ts';
import type { Log } from '../log.ts';
import { type Issuer, readIssuer, type TokenExpectations, tokenProblem, UNKNOWN_KEY } from './token.ts';

/** The documents of the API server that say who signs ServiceAccount tokens. Source: OpenID Connect Discovery 1.0. */
const DISCOVERY = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';

/** How often the keys are read when nothing asks for them, in milliseconds. */
const REFRESH = 5 * 60_000;
/** Keys are read at most this often, whatever tokens callers send, in milliseconds. */
const RETRY = 5_000;

/** What the authenticator by token needs. */
export interface CallerTokenDeps extends TokenExpectations {
  /** Reads a document of the API server. Rejects with an error whose message is for a person, without secrets. */
  readonly read: (path: string) => Promise<Buffer>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Accepts callers with a ServiceAccount token of this cluster as their bearer token. The token is verified here, with the
 * public keys that the API server publishes: a TokenReview would be a write. Keys are read again from time to time and when
 * a token names an unknown one.
 */
export class CallerTokens {
  readonly #deps: CallerTokenDeps;
  #issuer: Issuer | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: CallerTokenDeps) {
    this.#deps = deps;
  }

  /** Reads the keys, at most every {@link RETRY}. Never rejects; the last good keys stay. */
  readonly #refresh = oneAtATime(() => this.#read());

  /** The line of `/readyz`: ready once a token can be verified. */
  readonly check: ReadyCheck = {
    name: 'caller-tokens',
    problem: () => (this.#issuer ? undefined : "the API server's signing keys are not read yet"),
  };

  start(): void {
    void this.#refresh();
    this.#timer = setInterval(() => {
      if (!this.#issuer || this.#age() >= REFRESH) void this.#refresh();
    }, RETRY).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The authenticator of requests. The caller is not told what is wrong with its token; the log is. */
  readonly authenticate: Authenticate = async ({ headers }) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return { code: 401, message: 'a bearer token is required' };
    let problem = this.#problemOf(token);
    if (problem === UNKNOWN_KEY) {
      await this.#refresh();
      problem = this.#problemOf(token);
    }
    const unread = this.check.problem();
    if (unread !== undefined)
      return { code: 503, message: `vmcp-admission cannot verify callers yet: ${unread}` };
    if (problem === undefined) return undefined;
    return { code: 401, message: 'the bearer token is not accepted', detail: problem };
  };

  #problemOf(token: string): string | undefined {
    if (this.#issuer === undefined) return UNKNOWN_KEY;
    return tokenProblem(token, this.#issuer, this.#deps, this.#deps.now());
  }

  #age(): number {
    return performance.now() - this.#readAt;
  }

  async #read(): Promise<void> {
    if (this.#age() < RETRY) return;
    this.#readAt = performance.now();
    const { read, log } = this.#deps;
    const failed = (problem: string) => log.warn({ problem }, "the API server's signing keys cannot be used");
    try {
      const [discovery, jwks] = await Promise.all([read(DISCOVERY), read(KEYS)]);
      const issuer = readIssuer(discovery, jwks);
      if (issuer === undefined) failed(`${DISCOVERY} and ${KEYS} have no issuer or no usable key`);
      this.#issuer = issuer ?? this.#issuer;
    } catch (error) {
      failed(error instanceof Error ? error.message : 'unexpected error');
    }
  }
}
