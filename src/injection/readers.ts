import { readCaBundle } from '../x509/caBundle.ts';
import { type AuthServer, readAuthServer } from './auth/authServer.ts';
import { rememberedSettle } from './cache.ts';
import { type ReadBase, readBaseConfig } from './config/baseConfig.ts';
import { slices } from './config/giveWay.ts';
import type { Settled, StaticFacts } from './resolve.ts';

/** Remembers what was made of a text, for the texts asked for last: the same config and bundles come with every Pod. */
class TextMemo<T> {
  readonly #make: (text: string) => T;
  readonly #limit: number;
  readonly #made = new Map<string, T>();

  constructor(make: (text: string) => T, limit: number) {
    this.#make = make;
    this.#limit = limit;
  }

  get(text: string): T {
    const known = this.#made.get(text);
    const value = known ?? this.#make(text);
    this.#made.delete(text);
    this.#made.set(text, value);
    const [oldest] = this.#made.keys();
    if (this.#made.size > this.#limit && oldest !== undefined) this.#made.delete(oldest);
    return value;
  }
}

/** The costly parts of an injection, none of which depends on the Pod. */
export interface Readers {
  base(text: string): Promise<ReadBase>;
  authServer(text: string): Promise<AuthServer>;
  hasCertificate(pem: string): boolean;
  settle(facts: StaticFacts): Settled;
}

/** How many texts are remembered: a few dozen groups, at 1 MiB each at the very most. */
const BASES = 32;
const BUNDLES = 64;

/** Readers that remember; one set for a server or a run, never shared between tests. */
export function makeReaders(): Readers {
  const giveWay = slices();
  const bases = new TextMemo((text) => readBaseConfig(text, giveWay), BASES);
  const authServers = new TextMemo((text) => readAuthServer(text, giveWay), BASES);
  const bundles = new TextMemo((pem) => readCaBundle(pem).certificates.length > 0, BUNDLES);
  return {
    base: (text) => bases.get(text),
    authServer: (text) => authServers.get(text),
    hasCertificate: (pem) => bundles.get(pem),
    settle: rememberedSettle(),
  };
}
