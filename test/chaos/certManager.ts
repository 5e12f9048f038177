import { setTimeout as delay } from 'node:timers/promises';
import { findBinaries } from '../support/cluster/binaries.ts';
import { loadText, runLoad } from '../support/load.ts';
import { until } from '../support/wait.ts';
import { findCertManager } from './certManagerBinary.ts';
import { CertManagerSite } from './certManagerSite.ts';
import type { Row, Scenario } from './scenario.ts';

/** Dry-run creations a second, by four callers. */
const RATE = 100;
/** After the last change, for what would fail late. */
const AFTERWARDS_MS = 3_000;

/** Does something under load; the row says what became of the calls. */
async function underLoad(
  site: CertManagerSite,
  what: string,
  change: () => Promise<unknown>,
  limit = '0 failed',
): Promise<Row> {
  let running = true;
  const load = runLoad({ rate: RATE, workers: 4, goOn: () => running }, (index) =>
    site.create(index % 5 !== 0),
  );
  try {
    await change();
    await delay(AFTERWARDS_MS);
  } finally {
    running = false;
  }
  const result = await load;
  return { what, figure: loadText(result), limit, ok: result.failed === 0 || limit !== '0 failed' };
}

/** From nothing to the first review, in the two steps that docs/install.md gives. */
async function install(site: CertManagerSite): Promise<readonly Row[]> {
  const from = performance.now();
  await site.applyDeploy('-l', 'app.kubernetes.io/component!=registration');
  await site.startReplicas();
  const ready = performance.now();
  await site.applyDeploy();
  let refused = 0;
  // An entry that must be denied: allowed, it was not reviewed.
  const reviewed = async () => {
    const problem = await site.create(false).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (problem?.startsWith('500')) refused ||= performance.now();
    return problem === undefined ? performance.now() : undefined;
  };
  const first = await until('the first review', reviewed, { everyMs: 20 });
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return [
    {
      what: 'installed from nothing, in the two steps of install.md',
      figure: `both replicas ready after ${seconds(ready - from)}; first review ${seconds(first - ready)} after the second step began, writes refused for ${seconds(refused ? first - refused : 0)} of it`,
      limit: 'a review within 60 s',
      ok: first - from < 60_000,
    },
  ];
}

/** Every renewal that happens in a cluster's life, with the manifests as they are. */
async function renewals(site: CertManagerSite, times: number, title: string): Promise<readonly Row[]> {
  const again = async (names: readonly string[]) => {
    for (let time = 0; time < times; time++)
      for (const name of names) {
        await site.renew(name);
        await site.served();
      }
  };
  return [
    await underLoad(site, `${title}: serving certificate renewed, ${times} ×`, () =>
      again(['vmcp-admission']),
    ),
    await underLoad(site, `${title}: root renewed and then the serving certificate, ${times} ×`, () =>
      again(['vmcp-admission-ca', 'vmcp-admission']),
    ),
  ];
}

/** What nobody should do: the root's Secret is lost, so the next root has another key. */
function newRoot(site: CertManagerSite, title: string, limit?: string): Promise<Row> {
  const change = async () => {
    await site.replaceRoot();
    await site.renew('vmcp-admission');
    await site.served();
  };
  return underLoad(
    site,
    `${title}: the root's Secret is deleted, the next root has another key`,
    change,
    limit,
  );
}

async function applied(site: CertManagerSite, times: number): Promise<Row> {
  const before = await site.trusted();
  const row = await underLoad(
    site,
    `the manifests are applied again, client-side and server-side, ${times} ×`,
    async () => {
      for (let time = 0; time < times; time++) {
        await site.applyDeploy();
        await site.applyDeploy('--server-side', '--force-conflicts');
      }
    },
  );
  const after = await site.trusted();
  return {
    ...row,
    figure: `${row.figure}; CA certificates trusted before and after: ${before} and ${after}`,
    ok: row.ok && after === before && after > 0,
  };
}

export const certManager: Scenario = {
  name: 'cert-manager',
  title: 'The real cert-manager, through the shipped Service',
  async run(context) {
    const { short, progress } = context;
    const binaries = await findBinaries(process.env);
    if ('missing' in binaries) throw new Error(binaries.missing);
    const found = await findCertManager(process.env, progress);
    const times = short ? 1 : 3;
    const site = await CertManagerSite.start(context, binaries, found);
    const rows: Row[] = [];
    const add = (...more: readonly Row[]) => {
      rows.push(...more);
      for (const { what, figure } of more) progress(`${what}: ${figure}`);
    };
    try {
      const merging = `cert-manager ${found.version}`;
      add(...(await install(site)));
      add(...(await renewals(site, times, merging)));
      add(await applied(site, times));
      add(await newRoot(site, merging));
      await site.stopCertManager();
      site.runCertManager(false);
      const replacing = 'with the CA injector that replaces, as up to 1.18';
      add(...(await renewals(site, times, replacing)));
      add(await newRoot(site, replacing, 'none: why the root keeps its key, and why 1.19'));
    } finally {
      await site.close();
    }
    return rows;
  },
};
