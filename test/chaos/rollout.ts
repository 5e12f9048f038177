import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CertFolder, newGeneration } from '../support/certificates.ts';
import { type LoadResult, loadText } from '../support/load.ts';
import { until } from '../support/wait.ts';
import { type WebhookProcess, withoutCluster } from '../support/webhook.ts';
import { Caller } from './caller.ts';
import type { Scenario } from './scenario.ts';
import { startServing } from './serving.ts';

/** A replica, and whether the Service sends new connections to it. */
interface Replica {
  readonly serving: WebhookProcess;
  endpoint: boolean;
}

/** What the Service knows lags behind what a probe would see by one to two seconds. */
async function follow(replica: Replica): Promise<void> {
  await until(
    'the replica stops being ready',
    async () => ((await replica.serving.isReady()) ? undefined : true),
    {
      everyMs: 100,
    },
  );
  await delay(1_000 + Math.random() * 1_000);
  replica.endpoint = false;
}

export const rollout: Scenario = {
  name: 'rollout',
  title: 'Rolling stop of one of two replicas',
  async run({ scope, bundle, short, progress }) {
    const [runs, calls] = short ? [1, 5_000] : [5, 25_000];
    const folder = new CertFolder(join(scope.dir, 'rollout-tls'));
    const generation = await newGeneration('rollout');
    await folder.serve(generation.leaf);
    const start = async (): Promise<Replica> => {
      const more = withoutCluster(folder.path);
      return { serving: await startServing({ scope, bundle }, 'replica', more), endpoint: true };
    };
    const replicas = [await start(), await start()];
    const endpoints = () => replicas.filter(({ endpoint }) => endpoint).map(({ serving }) => serving.port);
    const caller = new Caller(generation.authority.cert, endpoints);
    const results: LoadResult[] = [];
    const codes: (number | string)[] = [];
    const rate = short ? 350 : 1_500;
    for (let run = 0; run < runs; run++) {
      let gone = false;
      const load = caller.load({ rate, goOn: (sent) => sent < calls || !gone });
      await delay(1_500);
      const leaving = replicas.shift();
      if (leaving === undefined) break;
      // It stays in the list of endpoints until the Service has noticed.
      replicas.push(leaving);
      const noticed = follow(leaving);
      codes.push(await leaving.serving.process.stop('SIGTERM'));
      await noticed;
      gone = true;
      results.push(await load);
      replicas.splice(replicas.indexOf(leaving), 1);
      replicas.push(await start());
      progress(`run ${run + 1} of ${runs}: ${loadText(results.at(-1) as LoadResult)}`);
    }
    caller.close();
    await Promise.all(replicas.map(({ serving }) => serving.process.stop('SIGKILL')));
    const rows = results.map((result, index) => ({
      what: `run ${index + 1}: SIGTERM to one of two replicas under ${rate.toLocaleString('en')} calls a second`,
      figure: loadText(result),
      limit: '0 failed',
      ok: result.failed === 0 && result.calls >= calls,
    }));
    return [
      ...rows,
      {
        what: 'exit codes of the replicas that were stopped',
        figure: codes.join(', '),
        limit: 'all 0',
        ok: codes.every((code) => code === 0),
      },
    ];
  },
};
