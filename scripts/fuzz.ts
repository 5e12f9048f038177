// `npm run fuzz -- --count N --seed S`: sends mutants of real reviews to a real server and checks that each is answered
// as it should be. Prints the seed, what the answers were, and the server's memory. A wrong answer ends it, with the
// smallest mutant that fast-check finds for it.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type Mutant, mutants } from './fuzz/mutants.ts';
import { readSeeds } from './fuzz/seeds.ts';
import { type FuzzServer, startFuzzServer } from './fuzz/server.ts';
import { judgeAnswer, judgeRefusal } from './fuzz/verdict.ts';

/** Mutants that are sent side by side. */
const TOGETHER = 4;
const SAMPLES = 10;

function readCount(): { readonly count: number; readonly seed: number } {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
  const count = Number(values.count ?? 100_000);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (Number.isInteger(count) && count > 0 && Number.isInteger(seed) && seed >= 0) return { count, seed };
  console.error('usage: npm run fuzz -- [--count N] [--seed S], both whole numbers');
  process.exit(2);
}

async function memory({ webhook }: FuzzServer): Promise<number> {
  return (await webhook.metric('process_resident_memory_bytes ')) / 1_048_576;
}

/** Sends one mutant; returns what its answer is, as a word to count. @throws when the answer is wrong. */
async function sendOne(server: FuzzServer, mutant: Mutant): Promise<string> {
  const answer = await server.send(mutant);
  const judged =
    mutant.refused === undefined ? judgeAnswer(mutant.body, answer) : judgeRefusal(mutant.refused, answer);
  if (!judged.ok)
    throw new Error(
      `${mutant.path}: ${judged.problem}\nsent: ${mutant.body.toString('utf8').slice(0, 2_000)}`,
    );
  return judged.outcome;
}

const { count, seed } = readCount();
console.log(`seed ${seed}, ${count} reviews`);
const { objects, seeds } = await readSeeds();
const server = await startFuzzServer(objects);
const outcomes = new Map<string, number>();
const rss = [await memory(server)];
let done = 0;

const together = fc.array(mutants(seeds), { minLength: TOGETHER, maxLength: TOGETHER });
const property = fc.asyncProperty(together, async (group) => {
  for (const outcome of await Promise.all(group.map((mutant) => sendOne(server, mutant))))
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (server.webhook.process.hasExited())
    throw new Error(`the server ended\n${server.webhook.process.log().slice(-3_000)}`);
  const before = done;
  done += group.length;
  const every = Math.ceil(count / SAMPLES);
  if (Math.floor(done / every) > Math.floor(before / every)) rss.push(await memory(server));
});

const run = await fc.check(property, { numRuns: Math.ceil(count / TOGETHER), seed });
for (const [outcome, times] of [...outcomes].sort((a, b) => b[1] - a[1]))
  console.log(`${String(times).padStart(8)} ${outcome}`);
console.log(`memory of the server, from start to end: ${rss.map((mib) => mib.toFixed(0)).join(', ')} MiB`);
await server.close();
if (run.failed) {
  const { errorInstance, seed: failed, counterexamplePath: path } = run;
  const problem = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  console.error(`FAILED (seed ${failed}, path ${path}): ${problem.slice(0, 5_000)}`);
  process.exitCode = 1;
}
