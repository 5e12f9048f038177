import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { writeServingCertificate } from '../support/certificates.ts';
import { ROOT } from '../support/cluster/installation.ts';
import { post } from '../support/post.ts';
import { ProcessScope } from '../support/processes.ts';
import { findPrometheus } from '../support/prometheus.ts';
import { reviewOf } from '../support/reviews.ts';
import { freePort, until } from '../support/wait.ts';
import { startWebhook } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { injectedDryRun, operatorMadePod, vmcpNamespace } from './harness/vmcp.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const FOLDER = join(ROOT, 'deploy', 'components', 'monitoring');
const { panels } = JSON.parse(await readFile(join(FOLDER, 'dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const alerts = await readFile(join(FOLDER, 'prometheusRule.yaml'), 'utf8');
const NAMESPACE = 'vmcp-admission';
/** Grafana's variables, as it would fill them in for scrapes once a second. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ['$namespace', NAMESPACE],
  ['$__rate_interval', '5s'],
];
const QUERIES = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }, index) => [`${title} ${index}`, expr] as const),
);
/** Series that begin with the first event that they count, which none of the tests makes. */
const NOT_HERE = ['apiserver_admission_webhook_fail_open_count'];

describeOnCluster('a real Prometheus that scrapes a real run', (cluster) => {
  const { kubectl, admin, newNamespace } = cluster;
  let scope: ProcessScope | undefined;
  let prometheus: string | undefined;

  /**
   * The kubeconfig of a ServiceAccount with the rights of the one that deploy/ makes and of the component `watch-pods`, and the
   * address and token of the API server.
   */
  async function accounts(folder: string) {
    const account = 'monitored';
    const bind = (role: string) => [
      ...['create', 'clusterrolebinding', `${account}-${role}`, `--clusterrole=${role}`],
      `--serviceaccount=${NAMESPACE}:${account}`,
    ];
    await kubectl.ok(['create', 'serviceaccount', account, '-n', NAMESPACE]);
    await kubectl.ok(['create', 'clusterrole', account, '--verb=list', '--resource=pods']);
    for (const role of [NAMESPACE, account]) await kubectl.ok(bind(role));
    const config = parse(await readFile(admin.kubeconfig, 'utf8'));
    const apiServer = { url: config.clusters[0].cluster.server as string, token: config.users[0].user.token };
    config.users[0].user = {
      token: (await kubectl.ok(['create', 'token', account, '-n', NAMESPACE])).trim(),
    };
    const file = join(folder, 'kubeconfig');
    await writeFile(file, stringify(config));
    return { file, apiServer };
  }

  /** A webhook with every metric switched on, and reviews that each series counts. */
  async function runWebhook(folder: string, kubeconfig: string, own: ProcessScope): Promise<string> {
    const ca = await writeServingCertificate(join(folder, 'tls'));
    const policy = join(folder, 'policy.yaml');
    await writeFile(policy, stringify({ enforcement: 'warn' }));
    const started = await startWebhook({
      scope: own,
      flags: [
        ...['--kubeconfig', kubeconfig, '--cert-dir', join(folder, 'tls')],
        ...['--stored-findings', 'metrics', '--policy', policy, '--watch-pods'],
      ],
    });
    const webhook = await started.untilReady();
    const entry = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: { name: 'bad', namespace: 'default' },
      spec: { remoteUrl: 'http://169.254.169.254/', transport: 'sse', groupRef: { name: 'team' } },
    };
    for (let count = 0; count < 5; count += 1) await post(`${webhook.url}/validate`, ca, reviewOf(entry));
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [] },
    };
    await post(`${webhook.url}/mutate`, ca, reviewOf(pod));
    return new URL(webhook.healthUrl).host;
  }

  function scrapeConfig(
    replica: string,
    apiServer: { readonly url: string; readonly token: string },
  ): object {
    const pod = { namespace: NAMESPACE, pod: 'vmcp-admission-1' };
    return {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        { job_name: 'webhook', honor_labels: true, static_configs: [{ targets: [replica], labels: pod }] },
        {
          job_name: 'apiserver',
          scheme: 'https',
          scrape_interval: '2s',
          scrape_timeout: '2s',
          authorization: { credentials: apiServer.token },
          tls_config: { insecure_skip_verify: true },
          static_configs: [{ targets: [new URL(apiServer.url).host] }],
        },
      ],
    };
  }

  beforeAll(async () => {
    const programs = await findPrometheus(process.env);
    if ('missing' in programs) {
      if (process.env.CI === 'true') throw new Error(`the dashboard cannot be tested: ${programs.missing}`);
      process.stderr.write(`monitoring: SKIPPED, ${programs.missing}\n`);
      return;
    }
    scope = await ProcessScope.create('vmcp-admission-monitoring');
    const { file, apiServer } = await accounts(scope.dir);
    // A finding of what is stored: its group does not exist.
    const namespace = await newNamespace();
    const entry = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPServerEntry',
      metadata: { name: 'alone', namespace },
      spec: { remoteUrl: 'https://mcp.example.com/', transport: 'sse', groupRef: { name: 'none' } },
    };
    await kubectl.ok(['create', '-f', '-'], [entry]);
    const pod = await operatorMadePod(await vmcpNamespace(cluster), 'counted');
    await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const replica = await runWebhook(scope.dir, file, scope);
    const config = join(scope.dir, 'prometheus.yaml');
    await writeFile(config, stringify(scrapeConfig(replica, apiServer)));
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(scope.dir, 'data')}`];
    scope.start(
      'prometheus',
      programs.prometheus,
      [...flags, `--web.listen-address=${address}`],
      programs.env,
    );
    prometheus = `http://${address}`;
  }, 300_000);
  afterAll(() => scope?.close());

  /** How many series a query gives. @throws when it cannot be parsed. */
  async function seriesOf(query: string): Promise<number> {
    const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`).catch(
      () => undefined,
    );
    if (answer === undefined || answer.status === 503) return 0;
    const body = (await answer.json()) as { status: string; error?: string; data?: { result: unknown[] } };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data?.result.length ?? 0;
  }

  async function expectData(query: string): Promise<void> {
    const series = await until(query, async () => (await seriesOf(query)) || undefined, { withinMs: 30_000 });
    expect(series).toBeGreaterThan(0);
  }

  it.each(QUERIES)('every query of the dashboard gives data: %s', async (_, expr) => {
    if (!prometheus) return;
    await expectData(VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expr));
  });

  it('has every series that an alert asks for', async ({ skip }) => {
    if (!prometheus) return skip();
    const names = new Set(alerts.match(/\b(?:vmcp_admission|apiserver_admission)_\w+/g));
    for (const name of names) if (!NOT_HERE.includes(name)) await expectData(name);
  });
});
