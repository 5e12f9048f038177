import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CertFolder, type Generation, newGeneration } from '../support/certificates.ts';
import { loadText } from '../support/load.ts';
import { type WebhookProcess, withoutCluster } from '../support/webhook.ts';
import { Caller } from './caller.ts';
import { handshake } from './handshake.ts';
import type { Row, Scenario } from './scenario.ts';
import { startServing } from './serving.ts';

/** What a folder may hold for a while that must never be served: each is put there between two good pairs. */
function broken(good: Generation, other: Generation, expired: Generation) {
  return [
    { 'tls.crt': good.leaf.cert.slice(0, good.leaf.cert.length / 2), 'tls.key': good.leaf.key },
    { 'tls.crt': good.leaf.cert, 'tls.key': other.leaf.key },
    { 'tls.crt': expired.leaf.cert, 'tls.key': expired.leaf.key },
    {},
    { 'tls.crt': good.leaf.cert },
    { 'tls.crt': '', 'tls.key': '' },
  ] as const;
}

async function outcomes(serving: WebhookProcess): Promise<string> {
  const names = ['loaded', 'broken', 'mismatched', 'expired', 'missing'];
  const counts = await Promise.all(
    names.map((name) => serving.metric(`vmcp_admission_certificate_reloads_total{outcome="${name}"} `)),
  );
  return names.map((name, index) => `${counts[index]} ${name}`).join(', ');
}

export const rotation: Scenario = {
  name: 'rotation',
  title: 'Certificates that rotate',
  async run({ scope, bundle, short, progress }) {
    const swaps = short ? 3 : 30;
    const folder = new CertFolder(join(scope.dir, 'rotation-tls'));
    const expired = await newGeneration('expired', -2);
    let current = await newGeneration('0');
    await folder.serve(current.leaf);
    const more = withoutCluster(folder.path);
    const serving = await startServing({ scope, bundle }, 'rotation', more);
    const caller = new Caller(current.authority.cert, () => [serving.port]);
    let running = true;
    const load = caller.load({ rate: 400, goOn: () => running });
    let unexpected = 0;
    for (let swap = 1; swap <= swaps; swap++) {
      const next = await newGeneration(String(swap));
      // What cert-manager's CA injector does since v1.19: both are trusted before the kubelet brings the new pair.
      caller.trust(current.authority.cert + next.authority.cert);
      await folder.serve(next.leaf);
      await delay(1_000);
      const bad = broken(next, current, expired);
      await folder.write(bad[swap % bad.length] ?? {});
      current = next;
      await delay(1_000);
      const served = await handshake(serving.port);
      if (!served.includes(':')) unexpected++;
      if (swap % 10 === 0) progress(`${swap} of ${swaps} swaps`);
    }
    running = false;
    const result = await load;
    const tls12 = await handshake(serving.port, 'TLSv1.2');
    const loaded = await serving.metric('vmcp_admission_certificate_reloads_total{outcome="loaded"} ');
    caller.close();
    const rows: Row[] = [
      {
        what: `${swaps} new CAs and pairs, one every 2 s, a broken one between each two, 400 calls a second`,
        figure: loadText(result),
        limit: '0 failed',
        ok: result.failed === 0 && unexpected === 0,
      },
      {
        what: 'what became of each change of the folder',
        figure: await outcomes(serving),
        limit: `${swaps + 1} loaded, nothing else ever served`,
        ok: loaded === swaps + 1,
      },
      {
        what: 'TLS 1.2 after the last reload',
        figure: tls12.includes(':') ? 'accepted' : `refused (${tls12})`,
        limit: 'refused',
        ok: !tls12.includes(':'),
      },
    ];
    await serving.process.stop();
    return rows;
  },
};
