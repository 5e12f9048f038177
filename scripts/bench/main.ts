// `npm run bench`: what a review costs, beside a server that does nothing but parse and answer.
//   npm run bench -- [--cases create,update] [--rounds N] [--scale 0.2] [--json] [--against FILE] [--profile]
//                    [--sizes 100,10000] [--no-build] [--no-starts] [--no-half-rate] [--catalog manifests]
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchCase, CASES } from './cases.ts';
import {
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
  warmUp,
} from './measure.ts';
import { type Figures, median, movements, type Report, reportText, type StartFigures } from './report.ts';
import { makeSetup, type Setup } from './setup.ts';

const root = join(import.meta.dirname, '../..');
const bundle = join(root, 'dist/main.js');
const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string', default: CASES.map(({ name }) => name).join(',') },
    sizes: { type: 'string', default: '100,10000' },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    catalog: { type: 'string', default: 'kubernetes' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    'half-rate': { type: 'boolean', default: true },
    starts: { type: 'boolean', default: true },
    build: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

/** Entries in other groups than the reviewed ones; a server for each. */
const SIZES = flags.sizes.split(',').map(Number);

const cases = flags.cases.split(',').map((name) => {
  const found = CASES.find((one) => one.name === name);
  if (!found)
    throw new Error(`there is no case "${name}"; known are ${CASES.map((one) => one.name).join(', ')}`);
  return found;
});

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The arguments by which the webhook finds a cluster of each size. */
async function catalogArgs(setup: Setup): Promise<string[][]> {
  if (flags.catalog === 'kubernetes') {
    const ports = await startFakeApi(setup.folder, SIZES);
    return ports.map((port) => [
      '--catalog',
      'kubernetes',
      '--kubeconfig',
      setup.kubeconfig(String(port), port),
    ]);
  }
  const configMaps = clusterConfigMaps(readFileSync(join(setup.folder, 'bundle.crt'), 'utf8'));
  return SIZES.map((size) => {
    const folder = join(setup.folder, `manifests-${size}`);
    mkdirSync(folder);
    const items = [...clusterObjects(size), ...configMaps];
    for (let from = 0; from < items.length; from += 1_000)
      writeFileSync(
        join(folder, `${from}.json`),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.slice(from, from + 1_000) }),
      );
    return ['--catalog', 'manifests', '--manifests', folder];
  });
}

async function launches(setup: Setup): Promise<Launch[]> {
  return (await catalogArgs(setup)).map((args, index) => ({
    name: `webhook, ${SIZES[index]?.toLocaleString('en')}`,
    bundle,
    args: ['--cert-dir', setup.folder, ...args],
    // The heap limit of deploy/, since it decides how lazily garbage is collected.
    nodeArgs: ['--max-old-space-size=288'],
  }));
}

async function measureStarts(all: readonly Launch[]): Promise<StartFigures[]> {
  say('starts');
  const figures: StartFigures[] = [];
  for (const launch of all) {
    const starts: Start[] = [];
    for (let index = 0; index < 5; index++) starts.push(await measureStart(launch));
    const pick = (key: keyof Start) => median(starts.map((start) => start[key]));
    figures.push({
      server: launch.name,
      listeningMs: pick('listeningMs'),
      readyMs: pick('readyMs'),
      rss: pick('rss'),
    });
  }
  return figures;
}

async function measureAll(servers: readonly Server[], measuring: Measuring): Promise<Figures[]> {
  const rounds = Number(flags.rounds);
  for (const one of cases) for (const server of servers) await warmUp(one, server, measuring);
  const results: { one: BenchCase; server: string; round: Round }[] = [];
  for (let number = 1; number <= rounds; number++) {
    say(`round ${number} of ${rounds}`);
    for (const one of cases)
      for (const server of servers)
        results.push({ one, server: server.name, round: await measureRound(one, server, measuring) });
  }
  const figures = cases.flatMap((one) =>
    summarise(
      one,
      Map.groupBy(
        results.filter((result) => result.one === one),
        ({ server }) => server,
      ),
    ),
  );
  if (!flags['half-rate']) return figures;
  say('latency at half of the highest rate');
  const done: Figures[] = [];
  for (const one of figures) {
    const server = servers.find(({ name }) => name === one.server);
    const benchCase = cases.find(({ name }) => name === one.case);
    if (!server || !benchCase || server.name === 'bare') done.push(one);
    else done.push({ ...one, halfRate: await measureHalfRate(benchCase, server, one.perSecond, measuring) });
  }
  return done;
}

async function main(): Promise<void> {
  if (flags.build)
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: ['ignore', 2, 'inherit'] });
  const setup = await makeSetup();
  try {
    const all = await launches(setup);
    const starts = flags.starts ? await measureStarts(all) : [];
    const servers = [await startBare(setup.folder)];
    for (const launch of all) servers.push(await startWebhook(launch));
    const measuring = { client: startClient(), ca: setup.ca, scale: Number(flags.scale) };
    if (flags.profile) {
      const folder = join(root, 'dist/profiles');
      mkdirSync(folder, { recursive: true });
      for (const one of cases) {
        await warmUp(one, servers[1] as Server, measuring);
        say(await profile(one, servers[1] as Server, folder, measuring));
      }
      return;
    }
    const figures = await measureAll(servers, measuring);
    const report: Report = {
      node: process.version,
      cpus: availableParallelism(),
      rounds: Number(flags.rounds),
      starts,
      figures,
    };
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, cases));
    if (flags.against === undefined) return;
    const moved = movements(report, JSON.parse(readFileSync(flags.against, 'utf8')) as Report);
    say(moved.length > 0 ? moved.join('\n') : `nothing moved by more than 10 % against ${flags.against}`);
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
  await main();
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
