import type { BenchCase } from './cases.ts';
import { type Client, type Launch, type Server, startClient, startWebhook } from './children.ts';
import { type Measuring, request } from './measure.ts';
import { median } from './report.ts';

/** What a second process on the same machine brings. */
export interface ProcessFigures {
  readonly case: string;
  /** Reviews a second of one process and of two, each with a load client of its own. */
  readonly one: number;
  readonly two: number;
  /** Bytes, of one process and of both. */
  readonly rssOne: number;
  readonly rssTwo: number;
}

const ROUNDS = 5;

/** Measures one case on one process and on two at the same time, in turns. */
export async function measureProcesses(
  one: BenchCase,
  first: Server,
  launch: Launch,
  measuring: Measuring,
): Promise<ProcessFigures> {
  const pairs: readonly (readonly [Server, Client])[] = [
    [first, measuring.client],
    [await startWebhook(launch), startClient()],
  ];
  const rate = async (some: typeof pairs) => {
    const runs = some.map(async ([server, client]) => {
      const run = request(one, server, measuring);
      const { seconds } = await client.run(run, async () => {});
      return run.count / seconds;
    });
    return (await Promise.all(runs)).reduce((sum, each) => sum + each, 0);
  };
  await rate(pairs);
  const rates: { readonly one: number; readonly two: number }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rates.push({ one: await rate(pairs.slice(0, 1)), two: await rate(pairs) });
  const memory = await Promise.all(pairs.map(async ([server]) => (await server.ask({ ask: 'usage' })).rss));
  return {
    case: one.name,
    one: median(rates.map((each) => each.one)),
    two: median(rates.map((each) => each.two)),
    rssOne: memory[0] ?? Number.NaN,
    rssTwo: memory.reduce((sum, rss) => sum + rss, 0),
  };
}
