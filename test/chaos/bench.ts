import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/wait.ts';
import type { WebhookProcess } from '../support/webhook.ts';
import type { Caller } from './caller.ts';
import type { FaultProxy } from './faultProxy.ts';
import { entry } from './reviews.ts';
import type { Row } from './scenario.ts';

/** The catalog must be right again so long after a fault has ended. */
const LIMIT_MS = 30_000;
/** Requests a second to the API server, all six kinds together; more would be a busy loop. */
const REQUESTS = 5;
/** A group that is there all the time; in name order it comes after more groups than fit into one page. */
export const STABLE = 'zz-stable';

/** A fault, made and ended. It may change which groups there are; the catalog has to follow. */
export interface Trial {
  readonly what: string;
  /** Makes the fault, ends it, and says which groups must be known and unknown afterwards. */
  run(number: number): Promise<{ readonly known: readonly string[]; readonly unknown: readonly string[] }>;
  /** False while the fault itself takes the stable group away. */
  readonly keepsStable?: boolean;
}

/** A webhook, a caller of it, and the proxy between it and the API server. */
export class Bench {
  readonly serving: WebhookProcess;
  readonly caller: Caller;
  readonly proxy: FaultProxy;

  constructor(serving: WebhookProcess, caller: Caller, proxy: FaultProxy) {
    this.serving = serving;
    this.caller = caller;
    this.proxy = proxy;
  }

  /** True when the webhook knows the group: else its review of an entry in it warns. */
  async knows(group: string): Promise<boolean> {
    const { warnings } = await this.caller.review(entry('probe', group));
    return !warnings.some((warning) => warning.includes('does not exist'));
  }

  /** Runs a trial while it asks for readiness and for the stable group all the time. */
  async measure(trial: Trial, number: number): Promise<Row> {
    let running = true;
    const wrong: string[] = [];
    const watcher = (async () => {
      while (running) {
        if (!(await this.serving.isReady())) wrong.push('not ready');
        if (trial.keepsStable !== false && !(await this.knows(STABLE))) wrong.push('forgot a group');
        await delay(250);
      }
    })().catch((error: Error) => wrong.push(error.message));
    const [from, requests] = [performance.now(), this.proxy.requests];
    const { known, unknown } = await trial.run(number).catch((error: unknown) => {
      running = false;
      throw error;
    });
    const ended = performance.now();
    const right = async () => {
      for (const name of known) if (!(await this.knows(name))) return undefined;
      for (const name of unknown) if (await this.knows(name)) return undefined;
      return true;
    };
    const options = { withinMs: LIMIT_MS * 2, everyMs: 100 };
    await until('the catalog is right', right, options).catch(() => wrong.push('never right'));
    const took = performance.now() - ended;
    const rate = (this.proxy.requests - requests) / ((performance.now() - from) / 1_000);
    running = false;
    await watcher;
    if (this.serving.process.hasExited()) wrong.push('the process ended');
    const problems = [...new Set(wrong)].join(', ');
    return {
      what: trial.what,
      figure: `right after ${(took / 1_000).toFixed(1)} s, ${rate.toFixed(1)} requests/s${problems && `; ${problems}`}`,
      limit: `${LIMIT_MS / 1_000} s, ${REQUESTS} requests/s, always ready`,
      ok: took <= LIMIT_MS && rate <= REQUESTS && wrong.length === 0,
    };
  }
}
