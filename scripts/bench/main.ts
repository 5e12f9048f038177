// `npm run bench`: what a review costs, beside a server that does nothing but parse and answer. `--help` says more.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { replicaSettings } from '../../test/support/replica.ts';
import type { BenchCase } from './cases.ts';
import {
  type FakeApi,
  type Launch,
  measureStart,
  type Server,
  type Start,
  startBare,
  startClient,
  startFakeApi,
  startWebhook,
  stopAll,
} from './children.ts';
import { clusterObjects } from './cluster.ts';
import { clusterConfigMaps } from './configMaps.ts';
import {
  type Measuring,
  measureHalfRate,
  measureRound,
  profile,
  type Round,
  summarise,
  WARM_UP_ROUNDS,
  warmUp,
} from './measure.ts';
import { type BenchOptions, readOptions, USAGE, UsageError } from './options.ts';
import { measureProcesses } from './processes.ts';
import { type Figures, median, type Report, reportText, type StartFigures } from './report.ts';
import { makeSetup, type Setup } from './setup.ts';
import { growthText, soak, stepText } from './soak.ts';

const root = join(import.meta.dirname, '../..');
const bundle = join(root, 'dist/main.js');
const STARTS = 5;
const RELISTS = 5;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A cluster of some size: how the webhook finds it, and its port at the fake API server if it is there. */
interface Cluster {
  readonly size: number;
  readonly args: readonly string[];
  readonly port: number | undefined;
}

function writeManifests(setup: Setup, size: number): string {
  const folder = join(setup.folder, `manifests-${size}`);
  mkdirSync(folder);
  const configMaps = clusterConfigMaps(readFileSync(join(setup.folder, 'bundle.crt'), 'utf8'));
  const items = [...clusterObjects(size), ...configMaps];
  for (let from = 0; from < items.length; from += 1_000) {
    const list = { apiVersion: 'v1', kind: 'List', items: items.slice(from, from + 1_000) };
    writeFileSync(join(folder, `${from}.json`), JSON.stringify(list));
  }
  return folder;
}

function clusters(setup: Setup, { sizes, catalog }: BenchOptions, api: FakeApi | undefined): Cluster[] {
  return sizes.map((size, index) => {
    const port = api?.ports[index];
    if (port === undefined)
      return { size, port, args: ['--catalog', catalog, '--manifests', writeManifests(setup, size)] };
    return {
      size,
      port,
      args: ['--catalog', catalog, '--kubeconfig', setup.kubeconfig(String(port), port)],
    };
  });
}

function launchOf(setup: Setup, { size, args }: Cluster): Launch {
  return {
    name: `webhook, ${size.toLocaleString('en')}`,
    bundle,
    args: ['--cert-dir', setup.folder, ...args],
    // The heap limits of deploy/, since they decide how lazily garbage is collected.
    nodeArgs: replicaSettings().nodeOptions,
  };
}

/** The longest block of the event loop while everything is listed again; the median of some relists. */
async function measureRelist(server: Server, port: number, api: FakeApi): Promise<number> {
  const blocks: number[] = [];
  for (let index = 0; index < RELISTS; index++) {
    await server.ask({ ask: 'watchLoop' });
    await api.expire(port);
    blocks.push((await server.ask({ ask: 'usage' })).loopMax);
  }
  return median(blocks);
}

async function measureStarts(launch: Launch): Promise<Omit<StartFigures, 'relistBlock'>> {
  say(`starts of ${launch.name}`);
  const starts: Start[] = [];
  for (let index = 0; index < STARTS; index++) starts.push(await measureStart(launch));
  const pick = (key: keyof Start) => median(starts.map((start) => start[key]));
  return {
    server: launch.name,
    listeningMs: pick('listeningMs'),
    readyMs: pick('readyMs'),
    rss: pick('rss'),
  };
}

async function measureAll(
  servers: readonly Server[],
  { cases, rounds, halfRate }: BenchOptions,
  measuring: Measuring,
): Promise<Figures[]> {
  const results: { one: BenchCase; server: string; round: Round }[] = [];
  for (let number = 1 - WARM_UP_ROUNDS; number <= rounds; number++) {
    say(number > 0 ? `round ${number} of ${rounds}` : 'a round to warm up');
    // The other way round each time, so that none always comes after the same one.
    const order = number % 2 === 0 ? servers.toReversed() : servers;
    for (const one of cases)
      for (const server of order) {
        const round = await measureRound(one, server, measuring);
        if (number > 0) results.push({ one, server: server.name, round });
      }
  }
  const figures = cases.flatMap((one) => {
    const own = results.filter((result) => result.one === one);
    return summarise(
      one,
      Map.groupBy(own, ({ server }) => server),
    );
  });
  if (!halfRate) return figures;
  say('half of the highest rate');
  const done: Figures[] = [];
  for (const one of cases) {
    const own = figures.filter((figure) => figure.case === one.name);
    const highest = Math.min(...own.filter(({ server }) => server !== 'bare').map((each) => each.perSecond));
    const half = await measureHalfRate(one, servers, highest / 2, measuring);
    for (const figure of own) {
      const halfRate = half.get(figure.server);
      done.push({ ...figure, ...(halfRate && { halfRate }) });
    }
  }
  return done;
}

async function writeProfiles(server: Server, cases: readonly BenchCase[], measuring: Measuring) {
  const folder = join(root, 'dist/profiles');
  mkdirSync(folder, { recursive: true });
  for (const one of cases) {
    await warmUp(one, server, measuring);
    say(await profile(one, server, folder, { ...measuring, scale: measuring.scale * 4 }));
  }
}

/** Everything but profiles and the soak: starts, rounds, half rate, relists, a second process. */
async function measureReport(setup: Setup, options: BenchOptions, api: FakeApi | undefined): Promise<Report> {
  const all = clusters(setup, options, api).map((cluster) => ({ cluster, launch: launchOf(setup, cluster) }));
  const starts: Omit<StartFigures, 'relistBlock'>[] = [];
  if (options.starts) for (const { launch } of all) starts.push(await measureStarts(launch));
  const bare = await startBare(setup.folder);
  const servers: Server[] = [];
  for (const { launch } of all) servers.push(await startWebhook(launch));
  const [firstLaunch] = all.map(({ launch }) => launch);
  for (const [name, file] of options.bundles)
    if (firstLaunch) servers.push(await startWebhook({ ...firstLaunch, name, bundle: resolve(file) }));
  const measuring = { client: startClient(), ca: setup.ca, scale: options.scale };
  const figures = await measureAll([bare, ...servers], options, measuring);
  say('relists');
  const blocks: number[] = [];
  for (const [index, { cluster }] of all.entries()) {
    const server = servers[index];
    const measured = options.starts && api && server && cluster.port !== undefined;
    blocks.push(measured ? await measureRelist(server, cluster.port, api) : Number.NaN);
  }
  const [one] = options.cases;
  const [first] = servers;
  const [launch] = all.map((each) => each.launch);
  const second = options.processes && one && first && launch;
  if (second) say('a second process');
  return {
    node: process.version,
    cpus: availableParallelism(),
    rounds: options.rounds,
    starts: starts.map((start, index) => ({ ...start, relistBlock: blocks[index] ?? Number.NaN })),
    figures,
    processes: second
      ? await measureProcesses(one, first, launch, { ...measuring, scale: measuring.scale * 5 })
      : undefined,
  };
}

async function runSoak(setup: Setup, options: BenchOptions, api: FakeApi | undefined, total: number) {
  const [cluster] = clusters(setup, options, api);
  if (!cluster) return;
  const server = await startWebhook(launchOf(setup, cluster));
  const measuring = { client: startClient(), ca: setup.ca, scale: options.scale };
  const steps = await soak(options.cases, server, total, measuring, (step) => say(stepText(step)));
  process.stdout.write(`${growthText(steps)}\n`);
}

async function run(options: BenchOptions): Promise<void> {
  if (options.build)
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: ['ignore', 2, 'inherit'] });
  const setup = await makeSetup();
  try {
    const api =
      options.catalog === 'kubernetes' ? await startFakeApi(setup.folder, options.sizes) : undefined;
    if (options.soak !== undefined) return await runSoak(setup, options, api, options.soak);
    if (options.profile) {
      const [cluster] = clusters(setup, options, api);
      if (!cluster) return;
      const server = await startWebhook(launchOf(setup, cluster));
      const measuring = { client: startClient(), ca: setup.ca, scale: options.scale };
      return await writeProfiles(server, options.cases, measuring);
    }
    const report = await measureReport(setup, options, api);
    process.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, options.cases),
    );
  } finally {
    stopAll();
    rmSync(setup.folder, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopAll();
    process.exit(1);
  });
try {
  const options = readOptions(process.argv.slice(2));
  if (options) await run(options);
  else process.stdout.write(USAGE);
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : error}`);
  if (error instanceof UsageError) say('npm run bench -- --help lists the options');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
