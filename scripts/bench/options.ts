import { parseArgs } from 'node:util';
import { type BenchCase, CASES } from './cases.ts';

/** What a run of the benchmark measures, and how. */
export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  /** Entries in other groups than the reviewed ones; a server for each. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** A part of every count. */
  readonly scale: number;
  readonly catalog: 'kubernetes' | 'manifests';
  readonly json: boolean;
  readonly profile: boolean;
  /** Reviews after which growth is looked for; no other figures then. */
  readonly soak: number | undefined;
  readonly build: boolean;
  /** Other bundles that take part in every round with the first size, by name. */
  readonly bundles: ReadonlyMap<string, string>;
  readonly starts: boolean;
  readonly halfRate: boolean;
  readonly processes: boolean;
}

/** A command line that cannot be used; the message is for the person who typed it. */
export class UsageError extends Error {}

export const USAGE = `npm run bench -- [OPTIONS]
  --cases A,B      some cases: ${CASES.map(({ name }) => name).join(', ')}
  --sizes A,B      entries in other groups, a server for each (default 100,10000)
  --rounds N       rounds, in which all cases and servers take turns (default 12)
  --scale X        a part of every count, for a quick look, e.g. 0.2
  --bundles N=F,…  other bundles that take part in every round, e.g. before=/tmp/before.js
  --catalog WHERE  kubernetes (a fake API server, default) or manifests (a folder)
  --json           prints the report as JSON (with npm run --silent it is all that is printed)
  --profile        only V8 CPU profiles, dist/profiles/CASE.cpuprofile
  --soak N         only so many reviews of all kinds, and what grew
  --no-build, --no-starts, --no-half-rate, --no-processes   leave that part out
`;

const OPTIONS = {
  cases: { type: 'string', default: CASES.map(({ name }) => name).join(',') },
  sizes: { type: 'string', default: '100,10000' },
  rounds: { type: 'string', default: '12' },
  scale: { type: 'string', default: '1' },
  bundles: { type: 'string', default: '' },
  catalog: { type: 'string', default: 'kubernetes' },
  json: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  soak: { type: 'string' },
  build: { type: 'boolean', default: true },
  starts: { type: 'boolean', default: true },
  'half-rate': { type: 'boolean', default: true },
  processes: { type: 'boolean', default: true },
  help: { type: 'boolean', default: false },
} as const;

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowNegative: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split(/\. |\n/, 1)[0] : 'unknown option');
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} takes a number above 0, not "${text}"`);
  return value;
}

function namedFile(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--bundles takes NAME=FILE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function findCase(name: string): BenchCase {
  const found = CASES.find((one) => one.name === name);
  if (found) return found;
  throw new UsageError(`there is no case "${name}"; there are ${CASES.map((one) => one.name).join(', ')}`);
}

/** Reads the words after the command; undefined when only help is wanted. @throws UsageError */
export function readOptions(words: readonly string[]): BenchOptions | undefined {
  const flags = parse(words);
  if (flags.help) return undefined;
  const { catalog, json, profile, build, starts, processes } = flags;
  if (catalog !== 'kubernetes' && catalog !== 'manifests')
    throw new UsageError(`--catalog takes kubernetes or manifests, not "${catalog}"`);
  return {
    cases: flags.cases.split(',').map(findCase),
    sizes: flags.sizes.split(',').map((text) => positive('sizes', text)),
    rounds: Math.ceil(positive('rounds', flags.rounds)),
    scale: positive('scale', flags.scale),
    bundles: new Map(flags.bundles === '' ? [] : flags.bundles.split(',').map(namedFile)),
    catalog,
    json,
    profile,
    soak: flags.soak === undefined ? undefined : positive('soak', flags.soak),
    build,
    starts,
    halfRate: flags['half-rate'],
    processes,
  };
}
