import { join } from 'node:path';
import type { ProcessScope, ServerProcess } from './processes.ts';
import { until } from './wait.ts';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '../..');

/** The command line from source. */
export const MAIN = join(ROOT, 'src/main.ts');

/** A `serve` process that listens. */
export interface WebhookProcess {
  readonly port: number;
  readonly url: string;
  /** Plain HTTP: /livez, /readyz, /metrics. */
  readonly healthUrl: string;
  readonly process: ServerProcess;
  /** True when /readyz says so. */
  isReady(): Promise<boolean>;
  /** Waits until /readyz says so. @throws when the process ends instead. */
  untilReady(): Promise<this>;
  /** The sum of all series of /metrics that begin so; 0 when there is none. */
  metric(prefix: string): Promise<number>;
}

/** How `serve` is started. */
export interface WebhookLaunch {
  readonly scope: ProcessScope;
  /** Its name in the scope, and of its log. */
  readonly name?: string;
  /** The bundle, or {@link MAIN}. */
  readonly main?: string;
  /** The flags, but for addresses. */
  readonly flags: readonly string[];
  /** The port of reviews; any free one when left out. */
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Flags of a webhook without a cluster, with examples/ as its catalog. */
export function withoutCluster(certDir: string, manifests = join(ROOT, 'examples')): string[] {
  return ['--catalog', 'manifests', '--manifests', manifests, '--cert-dir', certDir];
}

async function get(url: string): Promise<{ readonly ok: boolean; readonly text: string } | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { ok: answer.ok, text: await answer.text() };
  } catch {
    return undefined;
  }
}

interface Listening {
  readonly msg?: string;
  readonly reviews: { readonly port: number };
  readonly health: { readonly port: number };
}

function listeningLine(log: string): Listening | undefined {
  const line = log.split('\n').find((one) => one.includes('"msg":"listening"'));
  return line === undefined ? undefined : (JSON.parse(line) as Listening);
}

function failText(process: ServerProcess): string {
  return `the webhook ended: ${process.log().slice(-3_000)}`;
}

/** What can be asked of a `serve` process whose ports are known. */
export function webhookAt(process: ServerProcess, port: number, healthPort: number): WebhookProcess {
  const healthUrl = `http://127.0.0.1:${healthPort}`;
  const isReady = async () => (await get(`${healthUrl}/readyz`))?.ok ?? false;
  const webhook: WebhookProcess = {
    ...{ port, healthUrl, process, isReady },
    url: `https://127.0.0.1:${port}`,
    async untilReady() {
      const ready = async () => {
        if (process.hasExited()) throw new Error(failText(process));
        return (await isReady()) || undefined;
      };
      await until('the webhook is ready', ready, {
        everyMs: 20,
        describe: () => process.log().slice(-3_000),
      });
      return webhook;
    },
    async metric(prefix) {
      const lines = (await get(`${healthUrl}/metrics`))?.text.split('\n') ?? [];
      return lines
        .filter((line) => line.startsWith(prefix))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
  return webhook;
}

/** The arguments of Node for `serve` on 127.0.0.1; port 0 is any free one. */
export function serveArguments(main: string, flags: readonly string[], port = 0, healthPort = 0): string[] {
  const ports = ['--port', String(port), '--health-port', String(healthPort)];
  return [main, 'serve', '--host', '127.0.0.1', ...ports, ...flags];
}

let started = 0;

/** Starts `serve` and waits until it listens. @throws with its log when it ends instead. */
export async function startWebhook(launch: WebhookLaunch): Promise<WebhookProcess> {
  const { scope, name = 'webhook', main = MAIN, flags, port = 0, environment } = launch;
  const args = serveArguments(main, flags, port);
  const process = scope.start(`${name}-${++started}`, globalThis.process.execPath, args, environment);
  const listening = () => {
    const line = listeningLine(process.log());
    if (line === undefined && process.hasExited()) throw new Error(failText(process));
    return line;
  };
  const describe = () => process.log().slice(-3_000);
  const { reviews, health } = await until('the webhook listens', listening, { everyMs: 20, describe });
  return webhookAt(process, reviews.port, health.port);
}
