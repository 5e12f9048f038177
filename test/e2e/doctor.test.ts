import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Finding } from '../../src/doctor/checks.ts';
import { authority } from '../support/certificates.ts';
import { cliProcess as runCli } from '../support/cli.ts';
import { findBinaries } from '../support/cluster/binaries.ts';
import { ProcessScope } from '../support/processes.ts';
import { until } from '../support/wait.ts';
import { DoctorSite } from './harness/doctorSite.ts';
import { Helm } from './harness/helm.ts';

const NAME = 'vmcp-admission';
const DAY = 86_400_000;

function mayListen(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code !== 'EACCES';
}

/** What is wrong, as `id/cause`. */
function failures(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ status }) => status === 'failed')
    .map(({ id, cause }) => (cause === undefined ? id : `${id}/${cause}`));
}

describe.skipIf(inject('e2e') === undefined)('doctor on a real API server', () => {
  let scope: ProcessScope;
  let site: DoctorSite | undefined;

  beforeAll(async () => {
    const binaries = await findBinaries(process.env);
    if ('missing' in binaries) return;
    scope = await ProcessScope.create('vmcp-admission-doctor');
    try {
      site = await DoctorSite.start(scope, binaries);
    } catch (error) {
      // Port 443 needs root here.
      if (mayListen(error)) throw error;
      process.stderr.write('e2e: doctor SKIPPED, it needs the right to listen on port 443\n');
    }
  });
  afterAll(async () => {
    await site?.close();
    await scope?.close();
  });

  /** Runs doctor until these checks fail and no others; the API server notices changes within seconds. */
  async function expectFailures(expected: readonly string[], one: DoctorSite): Promise<readonly Finding[]> {
    let seen: readonly Finding[] = [];
    return until(
      `doctor finds ${expected.join() || 'nothing'}`,
      async () => {
        seen = await one.examine();
        // A replica needs a moment to load a new pair, which is a warning.
        const settled = expected.length > 0 || seen.every(({ status }) => status !== 'warning');
        return settled && isDeepStrictEqual(failures(seen), expected) ? seen : undefined;
      },
      { withinMs: 20_000, everyMs: 250, describe: () => JSON.stringify(seen, undefined, 1) },
    );
  }

  it('finds nothing when nothing is wrong, and says what may not be read', async ({ skip }) => {
    if (!site) return skip();
    const findings = await expectFailures([], site);
    const unknown = findings.filter(({ status }) => status !== 'ok').map(({ id }) => id);
    // The user may not use the proxy for Services, and no operator runs.
    expect(unknown).toEqual(['reachable', 'toolhive-version']);
  });

  const FAULTS: readonly (readonly [
    title: string,
    make: (site: DoctorSite) => Promise<unknown>,
    expected: readonly string[],
  ])[] = [
    [
      'the webhook is not registered',
      ({ kubectl }) => kubectl.ok(['delete', 'validatingwebhookconfiguration', 'vmcp-admission']),
      ['entry-denied/not-registered', 'validating-configuration'],
    ],
    [
      'a selector was changed',
      (one) => one.register(one.ca, () => ({ objectSelector: { matchLabels: { reviewed: 'yes' } } })),
      [
        'entry-denied/drift',
        'pod-refused/drift',
        'validating-configuration',
        'validating-configuration',
        'mutating-configuration',
        'mutating-configuration',
      ],
    ],
    [
      'the rules were changed',
      (one) =>
        one.register(one.ca, () => ({
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
        })),
      [
        'entry-denied/drift',
        'pod-refused/drift',
        ...Array(3).fill('validating-configuration'),
        'mutating-configuration',
      ],
    ],
    [
      'it fails open and nothing listens',
      async (one) => {
        await one.register(one.ca, () => ({ failurePolicy: 'Ignore' }));
        await one.answering('nothing');
      },
      ['entry-denied/fails-open', 'pod-refused/fails-open'],
    ],
    [
      'the Service is missing',
      async (one) => {
        await one.kubectl.ok(['delete', 'service', 'vmcp-admission', '-n', 'vmcp-admission']);
        // The API server goes on over the connections that it has.
        await one.answering('webhook');
      },
      [
        'entry-denied/service-missing',
        'pod-refused/service-missing',
        'service/service-missing',
        'reachable/service-missing',
      ],
    ],
    [
      'the Service has no endpoints',
      async (one) => {
        await one.endpoints(false);
        await one.answering('nothing');
      },
      ['entry-denied/refused', 'pod-refused/refused', 'endpoints/no-endpoints'],
    ],
    [
      'the port is closed',
      (one) => one.answering('nothing'),
      ['entry-denied/refused', 'pod-refused/refused'],
    ],
    [
      'the replica hangs',
      async (one) => {
        await one.register(one.ca, () => ({ timeoutSeconds: 1 }));
        await one.answering('silence');
      },
      ['entry-denied/time-out', 'pod-refused/time-out'],
    ],
    [
      'packets to the Service are dropped',
      async (one) => {
        await one.register(one.ca, () => ({ timeoutSeconds: 1 }));
        await one.answering('dropped');
      },
      ['entry-denied/time-out', 'pod-refused/time-out'],
    ],
    [
      'the host of the URL cannot be resolved',
      (one) => one.registerUrl('unresolvable'),
      ['entry-denied/name-not-resolved', 'pod-refused/name-not-resolved'],
    ],
    [
      'the API server calls through a proxy, which refuses',
      (one) => {
        one.proxyAnswers('503 Service Unavailable');
        return one.registerUrl('proxied');
      },
      ['entry-denied/api-server-proxy', 'pod-refused/api-server-proxy'],
    ],
    [
      'the control plane of EKS cannot reach the Pods; a proxy answers in its words',
      (one) => {
        one.proxyAnswers('403 Address is not allowed');
        return one.registerUrl('proxied');
      },
      ['entry-denied/address-not-allowed', 'pod-refused/address-not-allowed'],
    ],
    [
      'the replicas want to know their caller',
      (one) => one.answering('known callers'),
      ['entry-denied/client-certificate', 'pod-refused/client-certificate'],
    ],
    [
      'something else answers',
      (one) => one.answering('http'),
      ['entry-denied/not-tls', 'pod-refused/not-tls'],
    ],
    [
      'the caBundle is of another CA',
      async (one) => one.register((await authority('another CA')).cert),
      ['entry-denied/x509-unknown-ca', 'pod-refused/x509-unknown-ca', 'trust'],
    ],
    [
      'the replicas serve a pair of another CA',
      async (one) => one.answering(await DoctorSite.pair(await authority('another CA'), {})),
      ['entry-denied/x509-unknown-ca', 'pod-refused/x509-unknown-ca', 'trust'],
    ],
    [
      'the certificate has expired',
      (one) => one.serve({ now: new Date(Date.now() - 40 * DAY), days: 10 }),
      ['entry-denied/x509-expired', 'pod-refused/x509-expired', 'serving-certificate'],
    ],
    [
      'the certificate has another name',
      (one) => one.serve({ names: ['other.vmcp-admission.svc'] }),
      ['entry-denied/x509-name', 'pod-refused/x509-name', 'certificate-names'],
    ],
    [
      'the ServiceAccount has lost its rights',
      ({ kubectl }) => kubectl.ok(['delete', 'clusterrolebinding', 'vmcp-admission']),
      ['pod-refused/webhook-not-ready', 'account-rights'],
    ],
  ];

  it.each(FAULTS)('tells when %s', async (_, make, expected) => {
    if (!site) return;
    await make(site);
    try {
      await expectFailures(expected, site);
    } finally {
      await site.install();
    }
    await expectFailures([], site);
  });

  it('is unknown, not failed, for a user without any right', async ({ skip }) => {
    if (!site) return skip();
    const findings = await site.examine('installed', site.stranger);
    expect(failures(findings)).toEqual([]);
    expect(findings.filter(({ status }) => status === 'ok').map(({ id }) => id)).toEqual([
      'toolhive-crds',
      'kubernetes-version',
    ]);
  });

  it('proves it with the rights that the chart gives to its test', async ({ skip }) => {
    const helms = inject('helms');
    if (!site || helms === undefined) return skip();
    const hooks = await new Helm({ binary: helms[4], home: scope.dir }).template(NAME, NAME, {});
    const rights = hooks.filter(
      ({ kind, metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test' && kind !== 'Job',
    );
    const placed = rights.map((object) => ({ ...object, metadata: { namespace: NAME, ...object.metadata } }));
    await site.kubectl.ok(['apply', '-f', '-'], placed);
    const findings = await site.examine('installed', await site.account(`${NAME}-test`));
    // The Service here has no endpoint that the proxy could reach; the test may try.
    expect(failures(findings)).toEqual(['reachable/no-endpoints']);
    expect(findings.filter(({ status }) => status === 'unknown').map(({ id }) => id)).toEqual([
      'pod-refused',
      'toolhive-version',
    ]);
  });

  /** Runs the command itself. */
  const cli = (...words: readonly string[]) => runCli(['doctor', ...words]);

  it('as a command: a line for each group, JSON, exit codes, and what is needed before an installation', async ({
    skip,
  }) => {
    if (!site) return skip();
    const user = ['--kubeconfig', site.reader];
    const fine = await cli(...user, '--wait', '30s');
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toMatch(
      /^proof +ok\nregistration +ok\nnetwork +unknown\n {2}unknown reachable: .*\ncertificates +ok\n/,
    );
    await site.kubectl.ok(['delete', 'crd', 'mcpserverentries.toolhive.stacklok.dev']);
    const json = await cli(...user, '-o', 'json');
    expect(json.code).toBe(1);
    const report = JSON.parse(json.stdout) as {
      ok: boolean;
      checks: { id: string; status: string; docs: string }[];
    };
    expect(report.ok).toBe(false);
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([
      expect.objectContaining({
        id: 'toolhive-crds',
        docs: expect.stringContaining('docs/doctor.md#toolhive-crds'),
      }),
    ]);
    const before = await cli(...user, '--pre');
    expect(before.code).toBe(1);
    expect(before.stdout).toContain(
      '  failed caller-rights: your user may not create services in vmcp-admission',
    );
    const nowhere = await cli(...user, '--context', 'nowhere');
    expect(nowhere).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('has no context "nowhere"'),
    });
  });
});
