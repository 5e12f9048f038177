// Preloaded into every measured server (`node --import`): answers questions of the benchmark over the IPC channel.
// It does nothing unasked, so the server runs as in production; plain JavaScript, so that it adds no compiler to it.
// All numbers are the operating system's (getrusage) or V8's own. Types: probe.ts.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const RESOLUTION_MS = 1;
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const session = new Session();

function usage() {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const loopMax = loop.count > 0 ? Math.max(0, loop.max / 1e6 - RESOLUTION_MS) : 0;
  loop.disable();
  loop.reset();
  return { cpu: user + system, rss, heap: heapUsed, loopMax };
}

function collect() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  gc();
  gc();
}

function startProfile() {
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 200 });
  session.post('Profiler.start');
}

function saveProfile(file) {
  session.post('Profiler.stop', (error, result) => {
    if (!error) writeFileSync(file, JSON.stringify(result.profile));
  });
  session.disconnect();
}

process.on('message', ({ ask, file }) => {
  if (ask === 'collect') collect();
  if (ask === 'profile') startProfile();
  if (ask === 'saveProfile') saveProfile(file);
  process.send(usage());
  if (ask === 'watchLoop') loop.enable();
});
// Nobody measures any more.
process.on('disconnect', () => process.exit());
// The channel alone keeps no server alive.
process.channel.unref();
