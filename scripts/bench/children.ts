// The processes of a run: the servers that are measured, the fake API server and the load client. All are children of
// this one, listen on 127.0.0.1 on ports that the system chooses, and end with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Run, RunResult } from './client.ts';
import type { Question, Usage } from './probe.ts';

const HERE = import.meta.dirname;
const children = new Set<ChildProcess>();

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Ends what is still running. */
export function stopAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

interface Line {
  readonly msg?: string;
  readonly reviews?: { readonly port: number };
  readonly health?: { readonly port: number };
  readonly ports?: readonly number[];
}

/** The line that says where the child listens; what it writes after that is thrown away. */
async function listening(child: ChildProcess): Promise<Line> {
  const { stdout } = child;
  if (!stdout) throw new Error('the child has no output');
  const lines = createInterface({ input: stdout });
  const seen: string[] = [];
  try {
    for await (const text of lines) {
      seen.push(text);
      const line = JSON.parse(text) as Line;
      if (line.msg === 'listening') return line;
    }
  } finally {
    lines.close();
    stdout.resume();
  }
  throw new Error(`the server ended before it listened:\n${seen.join('\n')}`);
}

/** A server under measurement. */
export interface Server {
  readonly name: string;
  readonly port: number;
  ask(question: Question): Promise<Usage>;
}

/** How a webhook came up: milliseconds from the start of the process, bytes when it had become ready. */
export interface Start {
  readonly listeningMs: number;
  readonly readyMs: number;
  readonly rss: number;
}

async function askChild(child: ChildProcess, question: Question): Promise<Usage> {
  child.send(question);
  const [usage] = await once(child, 'message');
  return usage as Usage;
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  await response?.text();
  return response?.ok === true;
}

async function untilReady(port: number, started: number): Promise<void> {
  while (!(await isReady(port))) {
    if (performance.now() - started > 60_000) throw new Error('a server did not become ready within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const PROBE = ['--import', join(HERE, 'probe.mjs')];

function measured(name: string, child: ChildProcess, line: Line): Server {
  return { name, port: line.reviews?.port ?? 0, ask: (question) => askChild(child, question) };
}

export async function startBare(folder: string): Promise<Server> {
  const child = start([...PROBE, join(HERE, 'bare.ts'), folder]);
  return measured('bare', child, await listening(child));
}

/** A way to start the webhook's bundle: the flags of `serve`, those of Node and its environment. */
export interface Launch {
  readonly name: string;
  readonly bundle: string;
  readonly args: readonly string[];
  readonly nodeArgs: readonly string[];
}

const ANY_PORT = ['--host', '127.0.0.1', '--port', '0', '--health-port', '0'];

/** Starts the bundle with the settings of production but for addresses, and waits until it is ready. */
export async function startWebhook(launch: Launch): Promise<Server> {
  const child = start([...launch.nodeArgs, ...PROBE, launch.bundle, 'serve', ...ANY_PORT, ...launch.args]);
  const line = await listening(child);
  await untilReady(line.health?.port ?? 0, performance.now());
  return measured(launch.name, child, line);
}

/** Starts the bundle with nothing beside it, measures how it comes up, and ends it. */
export async function measureStart(launch: Launch): Promise<Start> {
  const started = performance.now();
  const child = start([...launch.nodeArgs, launch.bundle, 'serve', ...ANY_PORT, ...launch.args]);
  const { health } = await listening(child);
  const listeningMs = performance.now() - started;
  await untilReady(health?.port ?? 0, started);
  const readyMs = performance.now() - started;
  const metrics = await (await fetch(`http://127.0.0.1:${health?.port}/metrics`)).text();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { listeningMs, readyMs, rss: Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) };
}

/** The fake API server: one port per cluster size. */
export interface FakeApi {
  readonly ports: readonly number[];
  /** Ends all watches of a cluster with 410 Gone; resolves when everything was listed and is watched again. */
  expire(port: number): Promise<void>;
}

export async function startFakeApi(folder: string, sizes: readonly number[]): Promise<FakeApi> {
  const child = start([join(HERE, 'fakeApi.ts'), folder, ...sizes.map(String)]);
  const { ports = [] } = await listening(child);
  return {
    ports,
    expire(port) {
      return new Promise((resolve, reject) => {
        const onExit = () => reject(new Error('the fake API server ended'));
        const onMessage = ({ allWatched }: { readonly allWatched?: number }) => {
          if (allWatched !== port) return;
          child.off('message', onMessage).off('exit', onExit);
          resolve();
        };
        child.on('message', onMessage).once('exit', onExit);
        child.send({ expire: port });
      });
    },
  };
}

export interface Client {
  /** One run; `warm` is called between its warm-up and its measured part. */
  run(run: Run, warm: () => Promise<void>): Promise<RunResult>;
}

type ClientMessage =
  | { readonly state: 'warm' }
  | { readonly state: 'done'; readonly result: RunResult }
  | { readonly state: 'failed'; readonly message: string };

export function startClient(): Client {
  const child = start([join(HERE, 'client.ts')]);
  const next = async () => (await once(child, 'message'))[0] as ClientMessage;
  return {
    async run(run, warm) {
      child.send({ run });
      for (;;) {
        const message = await next();
        if (message.state === 'failed') throw new Error(`${run.path}: ${message.message}`);
        if (message.state === 'done') return message.result;
        await warm();
        child.send({ go: true });
      }
    },
  };
}
