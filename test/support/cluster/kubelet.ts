import { setTimeout as delay } from 'node:timers/promises';
import type { CertFolder } from '../certificates.ts';
import type { AdminApi } from './adminApi.ts';

const LOOK_MS = 250;

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Brings a Secret into a folder as the kubelet does: all files at once, and some time after it has changed. */
export class Kubelet {
  readonly #admin: AdminApi;
  readonly #path: string;
  readonly #lateMs: number;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  /** `path` is the Secret's at the API server. */
  constructor(admin: AdminApi, path: string, folder: CertFolder, lateMs: number) {
    this.#admin = admin;
    this.#path = path;
    this.#lateMs = lateMs;
    this.#ended = this.#run(folder).catch(() => {});
  }

  /** Rejects when it is stopped. */
  async #run(folder: CertFolder): Promise<void> {
    const { signal } = this.#stop;
    let written = '';
    for (;;) {
      const seen = await this.#read();
      if (seen && seen.metadata.resourceVersion !== written) {
        await delay(this.#lateMs, undefined, { signal });
        const now = (await this.#read()) ?? seen;
        written = now.metadata.resourceVersion;
        await folder.write(decoded(now));
      }
      await delay(LOOK_MS, undefined, { signal });
    }
  }

  /** Like a kubelet, it asks again when the API server does not answer. */
  #read(): Promise<Secret | undefined> {
    return this.#admin.get<Secret>(this.#path).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

function decoded({ data = {} }: Secret) {
  const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString();
  return { 'tls.crt': text('tls.crt'), 'tls.key': text('tls.key'), 'ca.crt': text('ca.crt') };
}
