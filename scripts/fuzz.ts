// `npm run fuzz -- --count N --seed S`: sends mutants of real reviews to a real server and checks that each is answered
// as it should be. Prints the seed, what the answers were, and the server's memory; the first wrong answer ends it.
import { parseArgs } from 'node:util';
import { mutate } from './fuzz/mutate.ts';
import { Random } from './fuzz/random.ts';
import { readSeeds } from './fuzz/seeds.ts';
import { startFuzzServer } from './fuzz/server.ts';
import { judgeAnswer, judgeRefusal } from './fuzz/verdict.ts';

const CONNECTIONS = 4;
const SAMPLES = 10;
/** Requests that are wrong whatever their body is: path, what is unusual, and the status that refuses them. */
const REFUSED = [
  ['/validate', { method: 'PUT' }, 405],
  ['/mutate', { method: 'PATCH' }, 405],
  ['/validate', { contentType: 'text/plain' }, 415],
  ['/mutate', { contentType: 'application/x-www-form-urlencoded' }, 415],
  ['/validate/x', {}, 404],
  ['/', {}, 404],
] as const;

const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
const count = Number(values.count ?? 100_000);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed) || seed < 0) {
  console.error('usage: npm run fuzz -- [--count N] [--seed S], both whole numbers');
  process.exit(2);
}

console.log(`seed ${seed}, ${count} reviews`);
const { objects, seeds } = await readSeeds();
const server = await startFuzzServer(objects, CONNECTIONS);
const outcomes = new Map<string, number>();
const memory: number[] = [await server.memory()];
let done = 0;
let problem: string | undefined;

/** Each mutant has a seed of its own, so that it can be made again alone: `--seed` of the message, `--count 1`. */
async function one(number: number): Promise<void> {
  const random = new Random(seed + number);
  const start = random.pick(seeds);
  const body = mutate(start.review, random);
  const where = `review ${number} (--seed ${seed + number} --count 1, ${start.path})`;
  try {
    const [path, how, refusal] = random.chance(0.03) ? random.pick(REFUSED) : [start.path, {}, undefined];
    const answer = await server.send(path, body, how);
    const judged = refusal === undefined ? judgeAnswer(body, answer) : judgeRefusal(refusal, answer);
    if (judged.ok) outcomes.set(judged.outcome, (outcomes.get(judged.outcome) ?? 0) + 1);
    else problem ??= `${where}: ${judged.problem}\nsent: ${body.toString('utf8').slice(0, 2_000)}`;
  } catch (error) {
    problem ??= `${where}: ${error instanceof Error ? error.message : error}\nsent: ${body.toString('utf8').slice(0, 2_000)}`;
  }
  if (server.process.hasExited())
    problem ??= `${where}: the server ended\n${server.process.log().slice(-3_000)}`;
  done++;
  if (done % Math.ceil(count / SAMPLES) === 0 || done === count) memory.push(await server.memory());
}

try {
  let next = 0;
  const worker = async () => {
    while (next < count && problem === undefined) await one(next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
} finally {
  await server.close();
}
for (const [outcome, number] of [...outcomes].sort((a, b) => b[1] - a[1]))
  console.log(`${String(number).padStart(8)} ${outcome}`);
console.log(`memory of the server, from start to end: ${memory.map((mib) => mib.toFixed(0)).join(', ')} MiB`);
if (problem !== undefined) {
  console.error(`FAILED at ${problem}`);
  process.exitCode = 1;
}
