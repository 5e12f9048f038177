import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Caller, loadText } from './caller.ts';
import { CertFolder, newGeneration } from './certFolder.ts';
import { ATTACKS, type Attack, ODD_BODIES, sendOdd } from './hostile.ts';
import type { Row, Scenario } from './scenario.ts';
import { MEMORY_LIMIT, peakRss, type Serving, startServing, withoutCluster } from './serving.ts';

/** An honest caller waits at most so long for an answer while others misbehave; the API server's call has 5 s. */
const PATIENCE_MS = 5_000;

async function underAttack(serving: Serving, honest: Caller, attack: Attack, ms: number): Promise<Row> {
  let running = true;
  const load = honest.load({ rate: 50, workers: 8, goOn: () => running });
  const stop = new AbortController();
  const attackers = attack.run(serving.port, stop.signal);
  await delay(ms);
  const counted = attack.counted;
  const seen = counted ? await serving.metricSum(counted) : undefined;
  stop.abort();
  await attackers;
  running = false;
  const result = await load;
  const extra = seen === undefined ? '' : `; ${attack.countedAs}: ${seen}`;
  return {
    what: attack.what,
    figure: `others: ${loadText(result)}${extra}`,
    limit: '0 failed',
    ok: result.failed === 0 && result.max < PATIENCE_MS && !serving.process.hasExited(),
  };
}

async function oddBodies(caller: Caller): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const odd of ODD_BODIES) {
    const { answer, ms } = await sendOdd(caller, odd);
    rows.push({
      what: odd.what,
      figure: `${answer} in ${ms.toFixed(0)} ms`,
      limit: odd.expected,
      ok: answer === odd.expected,
    });
  }
  return rows;
}

export const callers: Scenario = {
  name: 'callers',
  title: 'Overload and hostile callers',
  async run({ scope, bundle, short, progress }) {
    const folder = new CertFolder(join(scope.dir, 'callers-tls'));
    const generation = await newGeneration('callers');
    await folder.serve(generation);
    const serving = await startServing({ scope, bundle }, 'callers', withoutCluster(folder.path));
    const honest = new Caller(generation.authority.cert, () => [serving.port]);
    const peak = peakRss(serving.process.pid);
    const rows: Row[] = [];
    for (const attack of ATTACKS) {
      rows.push(await underAttack(serving, honest, attack, short ? 1_500 : 12_000));
      progress(`${attack.what}: ${rows.at(-1)?.figure}`);
    }
    rows.push(...(await oddBodies(honest)));
    const rss = peak();
    rows.push({
      what: 'memory over all of this',
      figure: `${rss.toFixed(0)} MiB at most`,
      limit: `${MEMORY_LIMIT} MiB`,
      ok: rss < MEMORY_LIMIT,
    });
    honest.close();
    const code = await serving.process.stop('SIGTERM');
    rows.push({ what: 'exit code afterwards', figure: String(code), limit: '0', ok: code === 0 });
    return rows;
  },
};
