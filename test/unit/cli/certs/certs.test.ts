import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { certificateObjects } from '../../../../src/cli/certs/certs.ts';
import { cli } from '../../../support/cli.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const NOW = new Date('2026-06-01T12:00:00Z');
const REQUEST = {
  service: 'vmcp-admission',
  namespace: 'vmcp-admission',
  days: 30,
  now: NOW,
  alsoTrusted: '',
};

interface Configuration {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle: string };
  }[];
}

interface Secret {
  readonly kind: string;
  readonly type: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data: Readonly<Record<'tls.crt' | 'tls.key' | 'ca.crt', string>>;
}

type Printed = readonly [Configuration, Configuration, Secret];

const text = (base64: string) => Buffer.from(base64, 'base64').toString();

const run = (...args: string[]) => cli(['certs', ...args]);

it('makes a pair that the CA in the bundle signed, for the name that the API server calls', async () => {
  const [validating, mutating, secret] = (await certificateObjects(REQUEST)) as unknown as Printed;
  const leaf = new X509Certificate(text(secret.data['tls.crt']));
  const ca = new X509Certificate(text(secret.data['ca.crt']));
  expect(leaf.checkPrivateKey(createPrivateKey(text(secret.data['tls.key'])))).toBe(true);
  expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkHost('vmcp-admission.vmcp-admission.svc')).toBeDefined();
  expect(leaf.validToDate.toISOString()).toBe('2026-07-01T12:00:00.000Z');
  expect(secret).toMatchObject({
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'vmcp-admission-tls', namespace: 'vmcp-admission' },
  });
  for (const { clientConfig } of [...validating.webhooks, ...mutating.webhooks])
    expect(text(clientConfig.caBundle)).toBe(text(secret.data['ca.crt']));
});

it('names every webhook of the shipped configurations, and no other', async () => {
  const [validating, mutating] = (await certificateObjects(REQUEST)) as unknown as Printed;
  for (const [printed, file] of [
    [validating, 'validatingWebhooks.yaml'],
    [mutating, 'mutatingWebhooks.yaml'],
  ] as const) {
    const [document] = parseAllDocuments(readFileSync(join(ROOT, 'deploy/base/registration', file), 'utf8'));
    const shipped = document?.toJS() as Configuration;
    expect(printed.kind).toBe(shipped.kind);
    expect(printed.metadata.name).toBe(shipped.metadata.name);
    expect(printed.webhooks.map(({ name }) => name)).toEqual(shipped.webhooks.map(({ name }) => name));
  }
});

it('prints trust before the Secret, and the private key only to stdout, once', async () => {
  const { code, stdout, stderr } = await run('--service', 'hook', '--namespace', 'team');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const objects = parseAllDocuments(stdout).map((document) => document.toJS()) as unknown as Printed;
  expect(objects.map(({ kind }) => kind)).toEqual([
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'Secret',
  ]);
  expect(objects[2].metadata.namespace).toBe('team');
  expect(new X509Certificate(text(objects[2].data['tls.crt'])).checkHost('hook.team.svc')).toBeDefined();
  expect(stdout.split(objects[2].data['tls.key'])).toHaveLength(2);
});

it('keeps the CA before trusted when it renews, and drops it once it has expired', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-certs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const caCount = (stdout: string) => {
    const [, , secret] = parseAllDocuments(stdout).map((one) => one.toJS()) as unknown as Printed;
    return text(secret.data['ca.crt']).split('BEGIN CERTIFICATE').length - 1;
  };
  const before = join(folder, 'before.crt');
  const long = { ...REQUEST, now: new Date() };
  const [, , current] = (await certificateObjects(long)) as unknown as Printed;
  const [, , expired] = (await certificateObjects({ ...REQUEST, now: new Date(0) })) as unknown as Printed;
  writeFileSync(before, text(current.data['ca.crt']) + text(expired.data['ca.crt']));
  const renewed = await run('--trust-also', before);
  expect(caCount(renewed.stdout)).toBe(2);
});

it('refuses a file of trusted certificates of which one is cut off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-certs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.crt');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
  const { code, stdout, stderr } = await run('--trust-also', file);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`--trust-also ${file}: holds a certificate that cannot be read`);
});

it('tells in its help to apply in the order of the docs, which blocks nothing', async () => {
  const steps = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim().replace(/^npm run --silent cli -- /, 'vmcp-admission '))
      .filter((line) => /^(?:kubectl|vmcp-admission certs)/.test(line));
  const { stdout } = await run('--help');
  const help = steps(stdout);
  for (const page of ['install.md', 'operate.md']) {
    const [, ...parts] = readFileSync(join(ROOT, 'docs', page), 'utf8').split('### Without cert-manager');
    expect(parts).toHaveLength(1);
    expect(steps(parts[0] ?? '').slice(0, 4)).toEqual(help.slice(0, 4));
  }
});

it.each([
  [['--days', '0'], '--days must be a whole number from 1 to 3650, not "0"'],
  [['--days', '1e3'], '--days must be a whole number from 1 to 3650, not "1e3"'],
  [['--service', 'No.Name'], '--service must be a name of at most 63'],
  [['--trust-also', '/nowhere/ca.crt'], '--trust-also /nowhere/ca.crt: no such file or folder'],
  [['--trust-also', import.meta.dirname], 'is a folder, not a file'],
  [
    ['--trust-also', join(ROOT, 'package.json')],
    `--trust-also ${join(ROOT, 'package.json')}: holds no certificate in PEM form`,
  ],
])('refuses %j with what is allowed, and prints nothing', async (args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

it('takes the flags of rotate behind its name, and refuses every wrong one', async () => {
  const wrong = ['--service', 'No.Name', '--secret', 'x/y', '--ca-days', '400', '--grace', '1 day'];
  expect(await run('rotate', ...wrong)).toEqual({
    code: 2,
    stdout: '',
    stderr: `vmcp-admission certs rotate: --service must be the name of a Kubernetes object, not "No.Name"
vmcp-admission certs rotate: --secret must be the name of a Kubernetes object, not "x/y"
vmcp-admission certs rotate: --configurations must be the name of a Kubernetes object, not "No.Name"
vmcp-admission certs rotate: --ca-days must be at least 5 times --days, which is 450
vmcp-admission certs rotate: --grace must be a duration such as 24h or 30s, not "1 day"
`,
  });
});
