import { readFileSync } from 'node:fs';
import { replicaSettings } from '../support/replica.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook.ts';
import type { ChaosContext, Row } from './scenario.ts';

const REPLICA = replicaSettings();
/** As in deploy/base/workload/deployment.yaml. */
export const ENVIRONMENT = { NODE_OPTIONS: REPLICA.nodeOptions.join(' ') };

/** Starts the bundle with the heap limit of deploy/, and waits until it is ready. */
export async function startServing(
  { scope, bundle }: Pick<ChaosContext, 'scope' | 'bundle'>,
  name: string,
  flags: readonly string[],
): Promise<WebhookProcess> {
  const webhook = await startWebhook({ scope, name, main: bundle, flags, environment: ENVIRONMENT });
  return webhook.untilReady();
}

/** Resident memory now, MiB. */
export async function rss(webhook: WebhookProcess): Promise<number> {
  return (await webhook.metric('process_resident_memory_bytes ')) / 1_048_576;
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
