import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CertFolder, newGeneration } from '../support/certificates.ts';
import { loadText } from '../support/load.ts';
import { type WebhookProcess, withoutCluster } from '../support/webhook.ts';
import { Caller } from './caller.ts';
import { ATTACKS, type Attack } from './hostile.ts';
import { ODD_BODIES, sendOdd } from './oddBodies.ts';
import type { ChaosContext, Row, Scenario } from './scenario.ts';
import { memoryRow, peakRss, rss, startServing } from './serving.ts';

const ATTACKER = join(import.meta.dirname, 'attacker.ts');
/** An honest caller waits at most so long for an answer while others misbehave; the API server's call has 5 s. */
const PATIENCE_MS = 5_000;

/** The attack runs in a process of its own, so that the honest caller's times are the server's and not its own. */
async function underAttack(
  { scope }: ChaosContext,
  serving: WebhookProcess,
  honest: Caller,
  index: number,
  ms: number,
) {
  const attack = ATTACKS[index] as Attack;
  let running = true;
  const load = honest.load({ rate: 50, workers: 8, goOn: () => running });
  const args = [ATTACKER, String(index), String(serving.port)];
  const attacker = scope.start(`attacker-${index}`, globalThis.process.execPath, args);
  await delay(ms);
  const seen = attack.counted ? await serving.metric(attack.counted) : undefined;
  const memory = await rss(serving);
  const early = attacker.hasExited();
  await attacker.stop('SIGKILL');
  running = false;
  const result = await load;
  const extra = seen === undefined ? '' : `; ${attack.countedAs}: ${seen}`;
  const row: Row = {
    what: attack.what,
    figure: `others: ${loadText(result)}; ${memory.toFixed(0)} MiB${extra}${early ? '; the attacker ended early' : ''}`,
    limit: '0 failed',
    ok: result.failed === 0 && result.max < PATIENCE_MS && !serving.process.hasExited() && !early,
  };
  return row;
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
  async run(context) {
    const { scope, bundle, short, match, progress } = context;
    const folder = new CertFolder(join(scope.dir, 'callers-tls'));
    const generation = await newGeneration('callers');
    await folder.serve(generation.leaf);
    const serving = await startServing({ scope, bundle }, 'callers', withoutCluster(folder.path));
    const honest = new Caller(generation.authority.cert, () => [serving.port]);
    const peak = peakRss(serving.process.pid);
    const rows: Row[] = [];
    for (const [index, attack] of ATTACKS.entries()) {
      if (!attack.what.includes(match)) continue;
      rows.push(await underAttack(context, serving, honest, index, short ? 3_000 : 15_000));
      progress(`${attack.what}: ${rows.at(-1)?.figure}`);
    }
    rows.push(...(await oddBodies(honest)));
    rows.push(memoryRow('memory over all of this', peak()));
    honest.close();
    const code = await serving.process.stop('SIGTERM');
    rows.push({ what: 'exit code afterwards', figure: String(code), limit: '0', ok: code === 0 });
    return rows;
  },
};
