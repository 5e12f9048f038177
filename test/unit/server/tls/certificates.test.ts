import { mkdir, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { byCertificate } from '../../../../src/server/callers/clientCertificates.ts';
import { CertWatcher } from '../../../../src/server/tls/certWatcher.ts';
import type { Pair } from '../../../../src/server/tls/pair.ts';
import { readPair } from '../../../../src/server/tls/pair.ts';
import {
  authority,
  CertFolder,
  clientPair,
  servingPair as serving,
  writePair,
} from '../../../support/certificates.ts';
import { metricValue, recordedLog, testMetrics, until } from '../support.ts';
import { call, runWebhooks, temporaryFolder } from '../tlsSupport.ts';

const RELOADS = 'vmcp_admission_certificate_reloads_total';
const DAY = 86_400_000;
const EXPIRY = 'vmcp_admission_certificate_expiry_timestamp_seconds';

/** A watcher that reads only when the test calls `refresh`. */
async function watcher(folder: string, now: () => Date = () => new Date()) {
  const recorded = recordedLog();
  const metrics = testMetrics();
  const used: Pair[] = [];
  const certificates = new CertWatcher({
    folder,
    clientCa: undefined,
    log: recorded.log,
    meter: metrics.meter,
    now,
    use: (pair) => void (pair && used.push(pair)),
    poll: 3_600_000,
  });
  onTestFinished(() => certificates.stop());
  await certificates.start();
  return { certificates, metrics, used, ...recorded };
}

describe('a certificate folder', () => {
  it('that is empty or not there at start is waited for, and says why it is not ready', async () => {
    const folder = join(await temporaryFolder(), 'later');
    const { certificates, used, metrics } = await watcher(folder);
    expect(certificates.notReady()).toBe(`no certificate yet: tls.crt and tls.key are not both in ${folder}`);
    await mkdir(folder);
    await writePair(folder, await serving(await authority(), 'one'));
    await certificates.refresh();
    expect(certificates.notReady()).toBeUndefined();
    expect(used).toHaveLength(1);
    expect(await metricValue(metrics, EXPIRY)).toBe((used[0]?.notAfter.getTime() ?? 0) / 1_000);
  });

  it('keeps the last good pair in use, logs and counts once, whatever else appears in it', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    const good = await serving(ca, 'good');
    const other = await serving(ca, 'other');
    const expired = await serving(ca, 'expired', { now: new Date(Date.now() - 3 * 86_400_000) });
    await writePair(folder, good);
    const { certificates, metrics, used, lines } = await watcher(folder);
    const bad: readonly (readonly [outcome: string, change: () => Promise<void>])[] = [
      ['mismatched', () => writePair(folder, { cert: good.cert, key: other.key })],
      ['broken', () => writePair(folder, { cert: good.cert.slice(0, 200), key: good.key })],
      ['broken', () => writePair(folder, { cert: good.cert, key: '' })],
      ['expired', () => writePair(folder, expired)],
      ['missing', () => rm(join(folder, 'tls.key'))],
      ['missing', () => rm(folder, { recursive: true })],
    ];
    const counts: Record<string, number> = {};
    let warnings = 0;
    for (const [outcome, change] of bad) {
      await change();
      for (let look = 0; look < 3; look++) await certificates.refresh();
      if (outcome !== 'missing' || !counts.missing) warnings++;
      counts[outcome] = outcome === 'missing' ? 1 : (counts[outcome] ?? 0) + 1;
      expect(certificates.notReady()).toBeUndefined();
      for (const [name, count] of Object.entries(counts))
        expect(await metricValue(metrics, `${RELOADS}{outcome="${name}"}`), name).toBe(count);
    }
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(warnings);
    expect(used).toHaveLength(1);
    await mkdir(folder);
    await writePair(folder, good);
    await certificates.refresh();
    expect(used).toHaveLength(1);
    await writePair(folder, other);
    await certificates.refresh();
    expect(used).toHaveLength(2);
    expect(await metricValue(metrics, `${RELOADS}{outcome="loaded"}`)).toBe(2);
  });

  it('that holds one whose time has not come keeps the good one until then, logged and counted once', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    const start = Date.now();
    await writePair(folder, await serving(ca, 'good', { now: new Date(start), days: 30 }));
    let now = new Date(start);
    const { certificates, metrics, used, lines } = await watcher(folder, () => now);
    await writePair(folder, await serving(ca, 'future', { now: new Date(start + 10 * DAY) }));
    for (let look = 0; look < 3; look++) await certificates.refresh();
    expect(used).toHaveLength(1);
    expect(certificates.notReady()).toBeUndefined();
    expect(await metricValue(metrics, `${RELOADS}{outcome="not-yet-valid"}`)).toBe(1);
    expect(lines.filter((line) => line.level === 'warn')).toEqual([
      expect.objectContaining({
        outcome: 'not-yet-valid',
        problem: expect.stringMatching(
          /^the certificate in tls\.crt is not valid before 20.*; is a clock wrong\?$/,
        ),
        msg: 'certificate not loaded; the last good one stays',
      }),
    ]);
    now = new Date(start + 10 * DAY + 1_000);
    for (let look = 0; look < 3; look++) await certificates.refresh();
    expect(used).toHaveLength(2);
    expect(certificates.notReady()).toBeUndefined();
    expect(await metricValue(metrics, `${RELOADS}{outcome="loaded"}`)).toBe(2);
  });

  it('that holds only one whose time has not come is waited for, and loaded when it has come', async () => {
    const folder = await temporaryFolder();
    const start = Date.now();
    await writePair(folder, await serving(await authority(), 'future', { now: new Date(start + 10 * DAY) }));
    let now = new Date(start);
    const { certificates, metrics, used, lines } = await watcher(folder, () => now);
    for (let look = 0; look < 3; look++) await certificates.refresh();
    expect(used).toEqual([]);
    expect(certificates.notReady()).toMatch(
      /^no certificate yet: the certificate in tls\.crt is not valid before 20.*; is a clock wrong\?$/,
    );
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
    expect(await metricValue(metrics, `${RELOADS}{outcome="not-yet-valid"}`)).toBe(1);
    now = new Date(start + 10 * DAY + 1_000);
    for (let look = 0; look < 3; look++) await certificates.refresh();
    expect(used).toHaveLength(1);
    expect(certificates.notReady()).toBeUndefined();
    expect(await metricValue(metrics, `${RELOADS}{outcome="loaded"}`)).toBe(1);
  });

  it('is not ready once what is served has expired', async () => {
    const folder = await temporaryFolder();
    await writePair(folder, await serving(await authority(), 'short'));
    let now = new Date();
    const { certificates } = await watcher(folder, () => now);
    expect(certificates.notReady()).toBeUndefined();
    now = new Date(Date.now() + 2 * 86_400_000);
    expect(certificates.notReady()).toMatch(/^the served certificate expired at /);
  });

  it('keeps the pair before when the TLS library refuses the new one', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    await writePair(folder, await serving(ca, 'one'));
    let served: string | undefined;
    let refuse = false;
    const certificates = new CertWatcher({
      folder,
      clientCa: undefined,
      log: recordedLog().log,
      meter: testMetrics().meter,
      now: () => new Date(),
      use: (pair) => {
        if (refuse) throw new Error('no');
        served = pair?.fingerprint;
      },
      poll: 3_600_000,
    });
    onTestFinished(() => certificates.stop());
    await certificates.start();
    const before = served;
    refuse = true;
    await writePair(folder, await serving(ca, 'two'));
    await certificates.refresh();
    expect(served).toBe(before);
    expect(certificates.notReady()).toBeUndefined();
  });

  it('never shows contents of its files in log lines', async () => {
    const folder = await temporaryFolder();
    const secret = 'c2VjcmV0LWtleS1ieXRlcw';
    await writeFile(
      join(folder, 'tls.crt'),
      `-----BEGIN CERTIFICATE-----\n${secret}\n-----END CERTIFICATE-----`,
    );
    await writeFile(
      join(folder, 'tls.key'),
      `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
    );
    const { text } = await watcher(folder);
    expect(text()).toContain('tls.crt');
    expect(text()).not.toContain(secret);
  });

  it('swapped by the kubelet is always read as a pair of one generation', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    const pairs = [await serving(ca, 'even'), await serving(ca, 'odd')] as const;
    const kubelet = new CertFolder(folder);
    await kubelet.serve(pairs[0]);
    let swaps = 0;
    let swapping = true;
    const swapper = (async () => {
      while (swapping) {
        swaps++;
        await kubelet.serve(pairs[swaps % 2 === 0 ? 0 : 1]);
      }
    })();
    for (let look = 0; look < 200 || swaps < 3; look++) {
      const read = await readPair(folder, new Date());
      expect(read?.outcome).not.toBe('mismatched');
      expect(read?.outcome).not.toBe('broken');
    }
    swapping = false;
    await swapper;
    expect(swaps).toBeGreaterThan(1);
  });
});

describe('the HTTPS server', () => {
  it('takes a swapped certificate for new connections, and loses no call on the way', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    const kubelet = new CertFolder(folder);
    await kubelet.serve(await serving(ca, 'generation-0'));
    const { port } = await runWebhooks(folder);
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    onTestFinished(() => agent.destroy());
    let calling = true;
    const codes: number[] = [];
    const load = [agent, undefined].map(async (one) => {
      while (calling) codes.push((await call(port, ca, one ? { agent: one } : {})).code);
    });
    for (let generation = 1; generation <= 3; generation++) {
      const name = `generation-${generation}`;
      await kubelet.serve(await serving(ca, name));
      await until(async () => (await call(port, ca)).server === name);
    }
    calling = false;
    await Promise.all(load);
    expect(codes.length).toBeGreaterThan(10);
    expect(new Set(codes)).toEqual(new Set([200]));
  });

  it('speaks TLS 1.3 and HTTP/1.1 only, also after a swap', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    await writePair(folder, await serving(ca, 'one'));
    const { port } = await runWebhooks(folder);
    const handshake = (options: { maxVersion?: 'TLSv1.2'; ALPNProtocols?: string[] }) =>
      new Promise<string>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', ca: ca.cert, ...options }, () => {
          resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`);
          socket.destroy();
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      });
    const check = async () => {
      expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION/);
      expect(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1');
    };
    await check();
    await writePair(folder, await serving(ca, 'two'));
    await until(async () => (await call(port, ca)).server === 'two');
    await check();
  });

  it('waits for its certificate: live, not ready, and ready when it comes', async () => {
    const folder = await temporaryFolder();
    const { port, health } = await runWebhooks(folder);
    expect((await health('/livez')).status).toBe(200);
    const waiting = await health('/readyz');
    expect(waiting.status).toBe(503);
    expect(await waiting.text()).toContain(
      '[-]certificate failed: no certificate yet: tls.crt and tls.key are not both',
    );
    const ca = await authority();
    await expect(call(port, ca)).rejects.toThrow();
    await writePair(folder, await serving(ca, 'late'));
    await until(async () => (await health('/readyz')).status === 200);
    expect((await call(port, ca)).server).toBe('late');
  });

  it('with a client CA takes calls from the allowed names only, also after a swap', async () => {
    const folder = await temporaryFolder();
    const [ca, clients, strangers] = await Promise.all([
      authority(),
      authority('clients'),
      authority('strangers'),
    ]);
    await writePair(folder, await serving(ca, 'one'));
    const [apiserver, other, forged] = await Promise.all([
      clientPair(clients, 'kube-apiserver'),
      clientPair(clients, 'somebody'),
      clientPair(strangers, 'kube-apiserver'),
    ]);
    const clientCaFile = join(folder, 'client-ca.crt');
    await writeFile(clientCaFile, clients.cert);
    const { port } = await runWebhooks(folder, {
      clientCa: { ca: Buffer.from(clients.cert), file: clientCaFile },
      authenticators: [byCertificate(['kube-apiserver'])],
    });
    const check = async () => {
      expect((await call(port, ca, { client: apiserver })).code).toBe(200);
      const refused = await call(port, ca, { client: other });
      expect(refused.code).toBe(403);
      expect(JSON.parse(refused.body)).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
      await expect(call(port, ca, { client: forged })).rejects.toThrow();
      await expect(call(port, ca)).rejects.toThrow();
    };
    await check();
    await writePair(folder, await serving(ca, 'two'));
    await until(async () => (await call(port, ca, { client: apiserver })).server === 'two');
    await check();
  });
});
