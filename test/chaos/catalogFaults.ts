import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CertFolder, newGeneration } from '../support/certificates.ts';
import { findBinaries } from '../support/cluster/binaries.ts';
import { applyCrds } from '../support/cluster/installation.ts';
import { until } from '../support/wait.ts';
import { Bench, STABLE, type Trial } from './bench.ts';
import { Caller } from './caller.ts';
import { ChaosCluster, CRDS, writeKubeconfig } from './cluster.ts';
import { FaultProxy } from './faultProxy.ts';
import { FAULTS, type NamedFault } from './faults.ts';
import type { ChaosContext, Row, Scenario } from './scenario.ts';
import { memoryRow, peakRss, startServing } from './serving.ts';

const FILLERS = 1_200;
/** Longer than the API server remembers that a token was good. */
const TOKEN_CACHE_MS = 11_000;

/** Changes groups behind the webhook's back while a fault lasts. */
async function change(cluster: ChaosCluster, number: number) {
  await cluster.deleteGroup(`old-${number}`);
  await cluster.createGroup(`new-${number}`);
  return { known: [`new-${number}`, STABLE], unknown: [`old-${number}`] };
}

function proxied(bench: Bench, cluster: ChaosCluster, { what, fault }: NamedFault, ms: number): Trial {
  return {
    what,
    async run(number) {
      await cluster.createGroup(`old-${number}`);
      await until('the old group is known', async () =>
        (await bench.knows(`old-${number}`)) ? true : undefined,
      );
      bench.proxy.begin(fault);
      const wanted = await change(cluster, number);
      await delay(ms);
      bench.proxy.end();
      return wanted;
    },
  };
}

function kindGone(cluster: ChaosCluster): Trial {
  const crd = join(CRDS, 'mcpgroups.yaml');
  return {
    what: 'a CRD is deleted with its 1,200 objects, and created again',
    keepsStable: false,
    async run(number) {
      await cluster.kubectl.ok(['delete', '-f', crd, '--timeout=120s']);
      await delay(5_000);
      await applyCrds(cluster.kubectl, crd);
      await until('the kind is served', async () => {
        try {
          await cluster.createGroup(STABLE);
          return true;
        } catch {
          return undefined;
        }
      });
      await cluster.createGroup(`again-${number}`);
      return { known: [STABLE, `again-${number}`], unknown: ['filler-1', 'filler-900'] };
    },
  };
}

function restarted(bench: Bench, cluster: ChaosCluster, apiServer: string, ms: number): Trial {
  return {
    what: 'the API server is killed and started again',
    async run(number) {
      await cluster.createGroup(`old-${number}`);
      await cluster.restart(apiServer, ms);
      const wanted = await change(cluster, number);
      bench.proxy.follow(cluster.plane);
      return wanted;
    },
  };
}

/** Another cluster takes over the address: every object and its resourceVersion are of another history. */
interface Replacement {
  readonly what: string;
  readonly before: ChaosCluster;
  readonly next: ChaosCluster;
  /** A group of the next cluster from its earliest days, which the one before never had. */
  readonly early: string;
}

function replaced(
  bench: Bench,
  { what, before, next, early }: Replacement,
  tokenFile: string,
  ms: number,
): Trial {
  return {
    what,
    keepsStable: false,
    async run(number) {
      const last = `last-${number}`;
      await before.createGroup(last);
      await until('the last group is known', async () => ((await bench.knows(last)) ? true : undefined));
      bench.proxy.begin({ connections: 'reset' });
      await writeFile(tokenFile, await next.token());
      await next.createGroup(`fresh-${number}`);
      await delay(ms);
      bench.proxy.follow(next.plane);
      bench.proxy.end();
      return { known: [early, `fresh-${number}`], unknown: [last] };
    },
  };
}

function tokenRotated(bench: Bench, cluster: ChaosCluster, tokenFile: string, ms: number): Trial {
  return {
    what: 'the ServiceAccount is made anew: the token is refused until the file has another',
    async run(number) {
      await cluster.createGroup(`old-${number}`);
      const account = ['serviceaccount', 'vmcp-admission', '-n', 'vmcp-admission'];
      await cluster.kubectl.ok(['delete', ...account]);
      await cluster.kubectl.ok(['create', ...account]);
      // The API server takes a token for good for ten seconds more; then every connection has to prove itself again.
      await delay(TOKEN_CACHE_MS);
      bench.proxy.begin({});
      const wanted = await change(cluster, number);
      await delay(ms);
      await writeFile(tokenFile, await cluster.token());
      return wanted;
    },
  };
}

async function open(
  { scope, bundle }: ChaosContext,
  cluster: ChaosCluster,
  tokenFile: string,
): Promise<Bench> {
  const folder = new CertFolder(join(scope.dir, 'faults-tls'));
  const generation = await newGeneration('faults');
  await folder.serve(generation.leaf);
  const proxy = await FaultProxy.start(cluster.plane);
  await writeFile(tokenFile, await cluster.token());
  const kubeconfig = await writeKubeconfig(scope.dir, `https://127.0.0.1:${proxy.port}`, proxy.ca, tokenFile);
  const more = ['--catalog', 'kubernetes', '--kubeconfig', kubeconfig, '--cert-dir', folder.path];
  const serving = await startServing({ scope, bundle }, 'faults', more);
  return new Bench(serving, new Caller(generation.authority.cert, () => [serving.port]), proxy);
}

export const catalogFaults: Scenario = {
  name: 'catalog',
  title: 'The catalog under faults of the API server',
  async run(context) {
    const { scope, short, match, progress } = context;
    const binaries = await findBinaries(process.env);
    if ('missing' in binaries)
      return [{ what: 'the scenario itself', figure: binaries.missing, limit: 'runs', ok: false }];
    progress('starting a control plane');
    const clusters = [await ChaosCluster.start(binaries)];
    let bench: Bench | undefined;
    try {
      const [cluster] = clusters as [ChaosCluster];
      await cluster.fill(short ? 50 : FILLERS);
      await cluster.createGroup(STABLE);
      const tokenFile = join(scope.dir, 'token');
      bench = await open(context, cluster, tokenFile);
      const peak = peakRss(bench.serving.process.pid);
      const ms = short ? 2_000 : 12_000;
      const trials: Trial[] = FAULTS.filter((_, index) => !short || index % 4 === 0).map((fault) =>
        proxied(bench as Bench, cluster, fault, ms),
      );
      trials.push(tokenRotated(bench, cluster, tokenFile, ms));
      if (!short) trials.push(kindGone(cluster));
      trials.push(restarted(bench, cluster, binaries.apiServer, ms));
      if (!short) {
        const other = await ChaosCluster.start(binaries);
        clusters.push(other);
        await other.createGroup('early');
        const what = 'the API server comes back with a fresh etcd: a new history, from its start';
        trials.push(replaced(bench, { what, before: cluster, next: other, early: 'early' }, tokenFile, ms));
      }
      const rows: Row[] = [];
      for (const [number, trial] of trials.filter(({ what }) => what.includes(match)).entries()) {
        const row = await bench.measure(trial, number);
        rows.push(row);
        progress(`${row.what}: ${row.figure}${row.ok ? '' : ' (LIMIT NOT KEPT)'}`);
      }
      rows.push(memoryRow('memory over all of this', peak()));
      return rows;
    } finally {
      bench?.caller.close();
      await bench?.serving.process.stop('SIGKILL');
      await bench?.proxy.close();
      for (const cluster of clusters) await cluster.close();
    }
  },
};
