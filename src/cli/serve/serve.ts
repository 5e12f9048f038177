import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { stdoutLog } from '../../server/log.ts';
import { bindSignals } from '../../server/signals.ts';
import { readSettings, SERVE_FLAGS } from '../../settings.ts';
import { VERSION } from '../../version.ts';
import { fileProblems } from './settingsFiles.ts';
import { startProblems } from './startError.ts';
import { startServing } from './startServing.ts';

/** Exit code for settings that cannot be used, as for a wrong command line. */
const USAGE = 2;

function refuseStart(problems: readonly string[]): void {
  const list = problems.map((problem) => `  - ${problem}\n`).join('');
  process.stderr.write(`vmcp-admission: serve cannot start:\n${list}`);
  process.exitCode = USAGE;
}

/**
 * Keeps V8 from taking reviews for long-lived: it learns where objects are made that stay, which while the catalog is read
 * is everywhere that a review makes its own. With 10,000 entries it then put 2 KB of each review where only a full
 * collection frees them.
 */
function keepReviewsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * Makes V8 run minor garbage collections in one thread. They have little to do, and sharing the work out takes 5 % of the CPU of
 * a denial or an injection.
 */
function collectInOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

/**
 * Keeps V8 from optimising WebAssembly, which here is the parser of undici, the client of the API server: that takes 10 to 20
 * MiB and saves no time that could be measured.
 */
function keepParserSmall(): void {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

async function serve(flags: Readonly<Record<string, string | boolean | undefined>>): Promise<void> {
  const read = readSettings(flags);
  if (!read.ok) {
    return refuseStart([...read.problems, ...(await fileProblems(read.usable))]);
  }
  keepReviewsYoung();
  collectInOneThread();
  keepParserSmall();
  const sink = stdoutLog(read.settings.logLevel);
  let stop = async () => {};
  const stopping = bindSignals({ process, sink, level: read.settings.logLevel, stop: () => stop() });
  sink.log.info({ version: VERSION, node: process.version, settings: read.settings }, 'starting');
  try {
    await startServing(read.settings, sink, (open) => {
      stop = open;
    });
  } catch (error) {
    // A stop during the start closes what the start needs; it ends the process itself.
    if (stopping()) return;
    await sink.flush();
    refuseStart(startProblems(error));
  }
}

/** `vmcp-admission serve`. */
export function serveCommand(): Command {
  const command = new Command('serve').description('answer admission reviews over HTTPS');
  for (const { heading, flag, help } of SERVE_FLAGS) {
    if (heading !== undefined) command.optionsGroup(heading);
    command.option(flag, help);
  }
  return command.action((flags: Record<string, string | boolean | undefined>) => serve(flags));
}
