import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { authority, servingPair as serving, writePair } from '../../../support/certificates.ts';
import { otlpSink } from '../../../support/otlpSink.ts';
import { CLEAN_ENVIRONMENT } from '../../../support/processes.ts';
import { listening, reviewOf, until } from '../../server/support.ts';
import { call } from '../../server/tlsSupport.ts';

const main = join(import.meta.dirname, '../../../../src/main.ts');
const ca = await authority();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-serve-'));
  await writePair(folder, await serving(ca, 'server'));
  await writeFile(
    join(folder, 'group.yaml'),
    'apiVersion: toolhive.stacklok.dev/v1beta1\nkind: MCPGroup\nmetadata: {name: team, namespace: apps}\n',
  );
  return () => rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | string | null>;
}

/** @param descriptor becomes number 3 of the process */
function start(
  args: readonly string[],
  environment: Record<string, string> = {},
  descriptor?: number,
): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', descriptor ?? 'ignore'],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, out: () => out, err: () => err, ended };
}

async function serve(...more: string[]) {
  return serveWith({}, ...more);
}

async function serveWith(environment: Record<string, string>, ...more: string[]) {
  const started = start(
    [
      ...['serve', '--catalog', 'manifests', '--manifests', folder, '--cert-dir', folder],
      ...['--host', '127.0.0.1', '--port', '0', '--health-port', '0', ...more],
    ],
    environment,
  );
  const line = await until(() =>
    started
      .out()
      .split('\n')
      .find((one) => one.includes('"listening"')),
  );
  const { reviews, health } = JSON.parse(line) as { reviews: { port: number }; health: { port: number } };
  return { ...started, port: reviews.port, healthPort: health.port };
}

describe('serve', () => {
  it('answers reviews with the rules of validation, and ends with 0 after SIGTERM', async () => {
    const { child, port, healthPort, out, ended } = await serve('--shutdown-delay', '0s');
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200);
    const object = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: { name: 'bad', namespace: 'apps' },
      spec: { remoteUrl: 'http://localhost/', transport: 'sse', groupRef: { name: 'team' } },
    };
    const answer = await call(port, ca, { body: JSON.stringify(reviewOf({ object })) });
    expect(JSON.parse(answer.body).response).toMatchObject({
      allowed: false,
      status: { code: 422, details: { causes: [{ field: 'spec.remoteUrl' }] } },
    });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(out()).toMatch(/"msg":"stopped"\}\n$/);
  });

  it('ends at once with 1 after a second signal', async () => {
    const { child, out, ended } = await serve('--shutdown-delay', '10m');
    child.kill('SIGTERM');
    await until(() => out().includes('still serving'));
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
  });

  it('exports the spans of its last reviews before it ends, when a collector is named', async () => {
    const sink = otlpSink();
    const endpoint = `http://127.0.0.1:${await listening(sink.server)}`;
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const { child, port, out, ended } = await serveWith(environment, '--shutdown-delay', '0s');
    expect(out()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL: only http/json is spoken');
    await call(port, ca, { body: JSON.stringify(reviewOf()) });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(sink.spans.map(({ name }) => name)).toContain('review validate');
  });

  it.skipIf(process.platform === 'win32')('ends with 0 on a signal while it starts', async () => {
    // A policy that never comes to its end holds the start up. By its name a pipe is refused.
    const policy = join(folder, 'policy-pipe');
    execFileSync('mkfifo', [policy]);
    const held = await open(policy, 'r+');
    const args = [
      ...['serve', '--catalog', 'manifests', '--manifests', folder, '--cert-dir', folder],
      ...['--host', '127.0.0.1', '--port', '0', '--health-port', '0', '--policy'],
    ];
    const named = start([...args, policy]);
    expect(await named.ended).toBe(2);
    expect(named.err()).toContain('policy-pipe: is a named pipe, not a file');
    const { child, out, ended } = start([...args, '/dev/fd/3'], {}, held.fd);
    await until(() => out().includes('"starting"'));
    child.kill('SIGTERM');
    // The end of a process waits for a read that is under way: each gets a byte, and none the end of the file.
    let over = false;
    void ended.then(() => {
      over = true;
    });
    await until(async () => {
      await held.write(' ');
      return over;
    });
    await held.close();
    expect(await ended).toBe(0);
    expect(out()).not.toContain('"listening"');
  });

  it('with a manifest of a version that is not known ends with 2 and says so', async () => {
    const manifests = await mkdtemp(join(tmpdir(), 'vmcp-admission-serve-new-'));
    onTestFinished(() => rm(manifests, { recursive: true }));
    await writeFile(
      join(manifests, 'new.yaml'),
      'apiVersion: toolhive.stacklok.dev/v1beta2\nkind: MCPGroup\nmetadata: {name: team}\n',
    );
    const { err, ended } = start([
      'serve',
      ...['--cert-dir', folder, '--catalog', 'manifests', '--manifests', manifests],
    ]);
    expect(await ended).toBe(2);
    expect(err()).toContain('new.yaml:1:1: MCPGroup of "toolhive.stacklok.dev/v1beta2" was not judged');
  });

  it('with a client CA that trusts nobody ends with 2 and says so', async () => {
    const file = join(folder, 'client-ca.crt');
    await writeFile(file, 'garbage');
    const { err, ended } = start(
      ['serve', '--cert-dir', folder, '--catalog', 'manifests', '--manifests', folder],
      {
        VMCP_ADMISSION_CLIENT_CA_FILE: file,
      },
    );
    expect(await ended).toBe(2);
    expect(err()).toContain(
      `  - --client-ca-file ${file} holds no certificate; it must hold the certificates, in PEM,`,
    );
  });

  it('shows debug lines after SIGUSR2', async () => {
    const { child, port, out } = await serve();
    child.kill('SIGUSR2');
    await until(() => out().includes('log level changed'));
    await call(port, ca, { body: JSON.stringify(reviewOf({ object: {} })) });
    await until(() => out().includes('"level":"debug"'));
  });

  it('goes on when nobody reads its log any more', async () => {
    const { child, port } = await serve();
    child.stdout?.destroy();
    for (let count = 0; count < 5; count++)
      expect((await call(port, ca, { path: '/nowhere' })).code).toBe(404);
    expect((await call(port, ca)).code).toBe(200);
    expect(child.exitCode).toBeNull();
  });

  it('with bad settings ends with 2 and says everything that is wrong', async () => {
    const { err, ended } = start(['serve', '--port', 'x'], { VMCP_ADMISSION_LOG_LEVEL: 'loud' });
    expect(await ended).toBe(2);
    expect(err()).toBe(
      `vmcp-admission: serve cannot start:
  - --cert-dir is needed: folder with tls.crt and tls.key; read again whenever they change
  - --port must be a port number, not "x"
  - VMCP_ADMISSION_LOG_LEVEL must be one of error, warn, info, debug, trace, silent, not "loud"
`,
    );
  });

  it('with bad settings and bad files ends with 2 and says everything that is wrong with both', async () => {
    const policy = join(folder, 'bad-policy.conf');
    await writeFile(policy, 'rulez: {}\n');
    const missing = join(folder, 'missing.crt');
    const { err, ended } = start(['serve', '--port', 'x', '--policy', policy, '--client-ca-file', missing]);
    expect(await ended).toBe(2);
    expect(err()).toContain('  - --port must be a port number, not "x"\n');
    expect(err()).toContain(`  - ${policy}:1:1: `);
    expect(err()).toContain(`  - --client-ca-file ${missing} cannot be used: no such file or folder\n`);
  });

  it('with a bad policy, client CA and folder of manifests ends with 2 and says what is wrong with each', async () => {
    const policy = join(folder, 'bad-policy.conf');
    await writeFile(policy, 'rulez: {}\n');
    const missing = join(folder, 'missing');
    const { err, ended } = start([
      ...['serve', '--cert-dir', folder, '--catalog', 'manifests', '--manifests', missing],
      ...['--policy', policy, '--client-ca-file', missing],
    ]);
    expect(await ended).toBe(2);
    expect(err()).toContain(`  - ${policy}:1:1: `);
    expect(err()).toContain(`  - --client-ca-file ${missing} cannot be used: no such file or folder\n`);
    expect(err()).toContain(`  - ${missing}: `);
  });

  it('on a port that is taken ends with 2 and says which', async () => {
    const port = await listening(createServer());
    const { err, ended } = start([
      ...['serve', '--catalog', 'manifests', '--manifests', folder, '--cert-dir', folder],
      ...['--host', '127.0.0.1', '--port', String(port), '--health-port', '0'],
    ]);
    expect(await ended).toBe(2);
    expect(err()).toContain(`port ${port} of 127.0.0.1 is already in use by another process`);
  });

  it.each([
    [['serve', '--nope'], 2],
    [['bogus'], 2],
    [[], 2],
    [['--help'], 0],
    [['--version'], 0],
    [['serve', '--help'], 0],
  ])('the command line %j ends with %i', async (args, code) => {
    expect(await start(args).ended).toBe(code);
  });
});
