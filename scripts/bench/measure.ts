import { join } from 'node:path';
import type { BenchCase, Response } from './cases.ts';
import type { Client, Server } from './children.ts';
import type { Run } from './client.ts';
import { type Figures, type HalfRate, median, quantile } from './report.ts';

/** Different reviews per case: other names and uids, so that nothing can be answered from a memory of the last one. */
const BODIES = 64;

/** One case on one server, once. */
export interface Round {
  readonly cpu: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly rss: number;
}

export interface Measuring {
  readonly client: Client;
  readonly ca: string;
  /** A part of every count, for a quick look. */
  readonly scale: number;
}

function checkAnswers(one: BenchCase, server: Server, answers: readonly string[]): void {
  if (server.name === 'bare') return;
  for (const answer of answers) {
    const { response } = JSON.parse(answer) as { response: Response };
    const problem = one.problem(response);
    if (problem !== undefined)
      throw new Error(`${one.name} on ${server.name}: ${problem}\n${answer.slice(0, 2_000)}`);
  }
}

/** The run of a case on a server that the client is asked for. */
export function request(one: BenchCase, server: Server, measuring: Measuring): Run {
  const bodies = Array.from({ length: BODIES }, (_, index) => one.review(index));
  const count = Math.max(20, Math.round(one.count * measuring.scale));
  return {
    port: server.port,
    ca: measuring.ca,
    path: one.path,
    bodies,
    warmup: Math.min(BODIES, count),
    count,
  };
}

/** One case on one server at full speed. */
export async function measureRound(one: BenchCase, server: Server, measuring: Measuring): Promise<Round> {
  const run = request(one, server, measuring);
  let before = 0;
  const result = await measuring.client.run(run, async () => {
    before = (await server.ask({ ask: 'usage' })).cpu;
  });
  const after = await server.ask({ ask: 'usage' });
  checkAnswers(one, server, result.answers);
  const { seconds, p50, p99, p999 } = result;
  return {
    cpu: (after.cpu - before) / run.count,
    perSecond: run.count / seconds,
    p50,
    p99,
    p999,
    rss: after.rss,
  };
}

/**
 * After so many rounds V8 has compiled nearly all that the cases use. Until then its compiler takes a tenth to a third of the
 * webhook's CPU, and is done with the bare server's few functions three times as fast.
 */
export const WARM_UP_ROUNDS = 20;

/** Runs a case for as many rounds; nothing is measured. */
export async function warmUp(one: BenchCase, server: Server, measuring: Measuring): Promise<void> {
  const scaled = { ...measuring, scale: measuring.scale * WARM_UP_ROUNDS };
  await measuring.client.run(request(one, server, scaled), async () => {});
}

/** The half-rate runs of a case; what else the machine does shows in some of them. */
const HALF_RATE_RUNS = 5;

/** One run of a case on one server at a rate. */
async function measureAtRate(one: BenchCase, server: Server, rate: number, measuring: Measuring) {
  const count = Math.max(100, Math.ceil(rate * measuring.scale));
  const run = { ...request(one, server, measuring), rate, count };
  let before = 0;
  const { p99 } = await measuring.client.run(run, async () => {
    before = (await server.ask({ ask: 'watchLoop' })).cpu;
  });
  const { cpu, loopMax } = await server.ask({ ask: 'usage' });
  return { cpu: (cpu - before) / count, p99, loopMax };
}

/**
 * A case on all servers at the same rate, reviews per second: what a review costs, the latency and the longest block of the
 * event loop. By the names of the servers, the first of which is the bare one.
 */
export async function measureHalfRate(
  one: BenchCase,
  servers: readonly Server[],
  rate: number,
  measuring: Measuring,
): Promise<ReadonlyMap<string, HalfRate>> {
  const runs: ReadonlyMap<string, Awaited<ReturnType<typeof measureAtRate>>[]> = new Map(
    servers.map(({ name }) => [name, []]),
  );
  for (let index = 0; index < HALF_RATE_RUNS; index++)
    for (const server of index % 2 === 0 ? servers : servers.toReversed())
      runs.get(server.name)?.push(await measureAtRate(one, server, rate, measuring));
  const bare = [...runs.values()][0] ?? [];
  const half = (own: typeof bare): HalfRate => ({
    cpu: median(own.map(({ cpu }) => cpu)),
    ratio: median(own.map(({ cpu }, index) => cpu / (bare[index]?.cpu ?? Number.NaN))),
    p99: median(own.map(({ p99 }) => p99)),
    loopMax: median(own.map(({ loopMax }) => loopMax)),
  });
  return new Map([...runs].map(([name, own]) => [name, half(own)]));
}

/** Writes a V8 CPU profile of the case. */
export async function profile(
  one: BenchCase,
  server: Server,
  folder: string,
  measuring: Measuring,
): Promise<string> {
  const file = join(folder, `${one.name}.cpuprofile`);
  await measuring.client.run(request(one, server, measuring), async () => {
    await server.ask({ ask: 'profile' });
  });
  await server.ask({ ask: 'saveProfile', file });
  return file;
}

/** Medians of the rounds of one case; each ratio is of the same round's bare server. */
export function summarise(
  one: BenchCase,
  rounds: ReadonlyMap<string, readonly { readonly round: Round }[]>,
): Figures[] {
  const bare = rounds.get('bare') ?? [];
  return [...rounds].map(([server, results]) => {
    const own = results.map(({ round }) => round);
    const pick = (key: keyof Round) => median(own.map((round) => round[key]));
    const ratios = own.map((round, index) => round.cpu / (bare[index]?.round.cpu ?? Number.NaN));
    return {
      case: one.name,
      server,
      cpu: pick('cpu'),
      ratio: median(ratios),
      ratioRange: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      perSecond: pick('perSecond'),
      p50: pick('p50'),
      p99: pick('p99'),
      p999: pick('p999'),
      rss: pick('rss'),
    };
  });
}
