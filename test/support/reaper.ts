// Started by processes.ts as a process of its own. It reads lines from stdin: `watch PID`, `forget PID`, `remove DIR`.
// When stdin ends, because the tests ended, failed, were interrupted or were killed, it kills what is still watched
// and removes the folders. So nothing outlives the tests, whatever happened to them.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const pids = new Set<number>();
const folders: string[] = [];

// A Ctrl-C reaches the whole process group; the reaper has to outlive the tests.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const space = line.indexOf(' ');
  const argument = line.slice(space + 1);
  const verb = line.slice(0, space);
  if (verb === 'watch') pids.add(Number(argument));
  else if (verb === 'forget') pids.delete(Number(argument));
  else if (verb === 'remove') folders.push(argument);
});
lines.on('close', () => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // already gone
    }
  }
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});
