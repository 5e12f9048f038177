import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replicaSettings } from '../../scripts/deployment.ts';
import { ROOT } from '../e2e/harness/installation.ts';
import type { ServerProcess } from '../e2e/harness/processes.ts';
import { freePort, until } from '../e2e/harness/wait.ts';
import type { ChaosContext, Row } from './scenario.ts';

/** A webhook process, started from the bundle with the heap limit of deploy/. */
export interface Serving {
  readonly port: number;
  readonly process: ServerProcess;
  /** True when /readyz says so. */
  isReady(): Promise<boolean>;
  /** The value of one series of /metrics; 0 when it is not there. */
  metric(series: string): Promise<number>;
  /** The sum of all series that begin so. */
  metricSum(prefix: string): Promise<number>;
  /** Resident memory now, MiB. */
  rss(): Promise<number>;
}

const REPLICA = replicaSettings();
/** As in deploy/base/workload/deployment.yaml. */
export const ENVIRONMENT = { NODE_OPTIONS: REPLICA.nodeOptions.join(' ') };

const ATTEMPTS = 5;

async function get(url: string): Promise<{ readonly ok: boolean; readonly text: string } | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { ok: answer.ok, text: await answer.text() };
  } catch {
    return undefined;
  }
}

/** Arguments of `serve` for a webhook without a cluster. */
export function withoutCluster(certDir: string): string[] {
  return ['--catalog', 'manifests', '--manifests', join(ROOT, 'examples'), '--cert-dir', certDir];
}

/** Arguments of `serve` but for its ports. */
export function serveArguments(bundle: string, port: number, healthPort: number, more: readonly string[]) {
  return [
    ...[bundle, 'serve', '--host', '127.0.0.1'],
    ...['--port', String(port), '--health-port', String(healthPort), ...more],
  ];
}

/** What is asked of a webhook process by its health port. */
export function watching(process: ServerProcess, port: number, healthPort: number): Serving {
  const url = `http://127.0.0.1:${healthPort}`;
  const lines = async () => (await get(`${url}/metrics`))?.text.split('\n') ?? [];
  const metricSum = async (prefix: string) =>
    (await lines())
      .filter((line) => line.startsWith(prefix))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  return {
    port,
    process,
    isReady: async () => (await get(`${url}/readyz`))?.ok ?? false,
    metric: (series) => metricSum(`${series} `),
    metricSum,
    rss: async () => (await metricSum('process_resident_memory_bytes ')) / 1_048_576,
  };
}

/** Starts `serve` and waits until it is ready. @throws when it ends instead. */
export async function startServing(
  { scope, bundle }: Pick<ChaosContext, 'scope' | 'bundle'>,
  name: string,
  more: readonly string[],
): Promise<Serving> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const [port, healthPort] = [await freePort(), await freePort()];
    const args = serveArguments(bundle, port, healthPort, more);
    const process = scope.start(`${name}-${port}`, globalThis.process.execPath, args, ENVIRONMENT);
    const serving = watching(process, port, healthPort);
    const ready = await until(
      'the webhook is ready',
      async () => {
        if (process.hasExited()) return 'ended';
        return (await serving.isReady()) ? 'ready' : undefined;
      },
      { describe: () => process.log().slice(-1_000) },
    );
    if (ready === 'ready') return serving;
    if (!/in use/.test(process.log())) throw new Error(`the webhook ended: ${process.log().slice(-1_000)}`);
  }
  throw new Error(`no free port in ${ATTEMPTS} attempts`);
}

/** Watches the memory of a process; returns how to end that and get the most that was seen, MiB. */
export function peakRss(pid: number): () => number {
  let peak = 0;
  const look = () => {
    try {
      // Linux keeps the high-water mark itself, so nothing between two looks is missed.
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
    } catch {
      // The process is gone, or this is no Linux.
    }
  };
  const timer = setInterval(look, 250);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

/** The line about the most memory that a process has held, MiB. */
export function memoryRow(what: string, rss: number): Row {
  return {
    what,
    figure: `${rss.toFixed(0)} MiB at most`,
    limit: `${REPLICA.memoryLimit} MiB`,
    ok: rss < REPLICA.memoryLimit,
  };
}
