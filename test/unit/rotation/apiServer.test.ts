import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Send } from '../../../src/apiClient/send.ts';
import { clusterOf } from '../../../src/rotation/apiServer.ts';
import { rotate } from '../../../src/rotation/rotate.ts';
import { serviceNames } from '../../../src/x509/generate.ts';

const SECRET = '/api/v1/namespaces/team/secrets/certs';
const VALIDATING = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hook';
const MUTATING = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook';
const DAY = 24 * 3_600_000;
const MARKED = { 'vmcp-admission.dev/certificates': 'self-managed' };

interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string };
}

interface Stored {
  readonly metadata: { readonly resourceVersion: string; readonly annotations?: object };
  readonly data?: Readonly<Record<string, string>>;
  readonly webhooks?: readonly Webhook[];
}

type Objects = Record<string, Stored>;

function object(more: object = {}, annotations: object = {}): Stored {
  return { metadata: { resourceVersion: '1', annotations }, ...more };
}

const configuration = (...names: string[]) =>
  object({ webhooks: names.map((name) => ({ name, clientConfig: {} })) });

function fresh(): Objects {
  return {
    [SECRET]: object({}, MARKED),
    [VALIDATING]: configuration('validate', 'guard'),
    [MUTATING]: configuration('inject'),
  };
}

/** An API server that applies what it is sent, when the version is right. */
function sendTo(objects: Objects, log: string[] = []): Send {
  return async ({ method, path, apply }) => {
    const [name = ''] = path.split('?');
    const stored = objects[name];
    if (!stored) return { status: 404, body: {} };
    if (method === 'GET') return { status: 200, body: stored };
    const applied = apply as Stored;
    log.push(path);
    if (applied.metadata.resourceVersion !== stored.metadata.resourceVersion)
      return { status: 409, body: {} };
    const metadata = {
      ...stored.metadata,
      resourceVersion: `${Number(stored.metadata.resourceVersion) + 1}`,
    };
    const { data = stored.data, webhooks = stored.webhooks } = applied;
    const changed = { metadata, ...(data ? { data } : {}), ...(webhooks ? { webhooks } : {}) };
    objects[name] = changed;
    return { status: 200, body: changed };
  };
}

interface Run {
  readonly at?: number;
  readonly log?: string[];
  readonly renew?: 'ca' | 'leaf';
}

async function run(objects: Objects, { at = 0, log, renew }: Run = {}) {
  const now = () => new Date(Date.parse('2026-01-01T00:00:00Z') + at * DAY);
  const target = {
    names: serviceNames('hook', 'team'),
    namespace: 'team',
    secret: 'certs',
    configurations: 'hook',
  };
  const days = { authorityDays: 3_650, leafDays: 90 };
  const cluster = clusterOf(sendTo(objects, log), { ...target, ...days, now });
  const none = async () => {};
  const { until } = await rotate({ cluster, now, grace: DAY, settle: 0, wait: none, report: none, renew });
  return until.toISOString();
}

const text = (base64 = '') => Buffer.from(base64, 'base64').toString();

/** What is stored, read as an API server and a replica would. */
function look(objects: Objects) {
  const data = objects[SECRET]?.data ?? {};
  const leaf = new X509Certificate(text(data['tls.crt']));
  const bundles = [VALIDATING, MUTATING].flatMap((path) =>
    (objects[path]?.webhooks ?? []).map(({ clientConfig }) => text(clientConfig.caBundle)),
  );
  const issuers = (bundle: string) =>
    (bundle.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
  return {
    leaf,
    keyFits: leaf.checkPrivateKey(createPrivateKey(text(data['tls.key']))),
    /** How many CAs each webhook trusts. */
    trusted: bundles.map((bundle) => issuers(bundle).length),
    signed: bundles.map((bundle) =>
      issuers(bundle).some((ca) => leaf.checkIssued(ca) && leaf.verify(ca.publicKey)),
    ),
  };
}

describe('a rotation over an API server', () => {
  it('fills an empty Secret and every caBundle', async () => {
    const objects = fresh();
    expect(await run(objects)).toBe('2026-03-02T00:00:00.000Z');
    const { leaf, ...found } = look(objects);
    expect(found).toEqual({ keyFits: true, trusted: [1, 1, 1], signed: [true, true, true] });
    expect(leaf.checkHost('hook.team.svc')).toBeDefined();
    expect(leaf.checkHost('hook.team.svc.cluster.local')).toBeDefined();
    expect(leaf.validToDate.toISOString()).toBe('2026-04-01T00:00:00.000Z');
    expect(Object.keys(objects[SECRET]?.data ?? {}).sort()).toEqual([
      'ca.crt',
      'ca.key',
      'tls.crt',
      'tls.key',
    ]);
  });

  it('writes nothing when nothing is due', async () => {
    const objects = fresh();
    await run(objects);
    const log: string[] = [];
    await run(objects, { at: 30, log });
    expect(log).toEqual([]);
  });

  it('renews the serving certificate with the same CA', async () => {
    const objects = fresh();
    await run(objects);
    const before = look(objects).leaf.serialNumber;
    const bundle = objects[MUTATING];
    await run(objects, { at: 60 });
    expect(look(objects).leaf.serialNumber).not.toBe(before);
    expect(look(objects).signed).toEqual([true, true, true]);
    expect(objects[MUTATING]).toBe(bundle);
  });

  it('trusts a new CA beside the old one, and the new one alone after the grace time', async () => {
    const objects = fresh();
    await run(objects);
    await run(objects, { at: 1, renew: 'ca' });
    expect(look(objects)).toMatchObject({ keyFits: true, trusted: [2, 2, 2], signed: [true, true, true] });
    await run(objects, { at: 2.1 });
    expect(look(objects)).toMatchObject({ trusted: [1, 1, 1], signed: [true, true, true] });
  });

  it('goes on for eleven years', async () => {
    const objects = fresh();
    const authorities = new Set<string>();
    for (let at = 0; at < 4_000; at += 29) {
      await run(objects, { at });
      const { leaf, signed } = look(objects);
      expect(signed).toEqual([true, true, true]);
      expect(leaf.validToDate.getTime()).toBeGreaterThan(Date.parse('2026-01-01T00:00:00Z') + at * DAY);
      authorities.add(leaf.issuer);
    }
    expect(authorities.size).toBe(2);
  });

  it('mends a Secret whose entries do not belong together', async () => {
    const objects = fresh();
    await run(objects);
    const other = fresh();
    await run(other);
    const data = {
      ...objects[SECRET]?.data,
      'ca.key': other[SECRET]?.data?.['ca.key'] ?? '',
      'tls.key': 'broken',
    };
    objects[SECRET] = object({ data }, MARKED);
    await run(objects);
    expect(look(objects)).toMatchObject({ keyFits: true, trusted: [2, 2, 2], signed: [true, true, true] });
  });

  it.each<readonly [what: string, change: Objects, message: string]>([
    ['a Secret without the mark', { [SECRET]: object() }, 'Secret team/certs is not for "certs rotate"'],
    [
      'a Secret of cert-manager',
      { [SECRET]: object({}, { ...MARKED, 'cert-manager.io/certificate-name': 'x' }) },
      'Secret team/certs belongs to cert-manager (annotation cert-manager.io/certificate-name)',
    ],
    [
      'a configuration whose caBundle cert-manager writes',
      { [MUTATING]: object({ webhooks: [] }, { 'cert-manager.io/inject-ca-from': 'a/b' }) },
      'mutatingwebhookconfigurations/hook belongs to cert-manager',
    ],
    [
      'a configuration whose caBundle OpenShift writes',
      { [VALIDATING]: object({ webhooks: [] }, { 'service.beta.openshift.io/inject-cabundle': 'true' }) },
      'validatingwebhookconfigurations/hook belongs to the service CA of OpenShift',
    ],
  ])('refuses %s, and writes nothing', async (_, change, message) => {
    const log: string[] = [];
    await expect(run({ ...fresh(), ...change }, { log })).rejects.toThrow(message);
    expect(log).toEqual([]);
  });

  it('says that the Secret does not exist, and who makes it', async () => {
    const { [SECRET]: _, ...objects } = fresh();
    await expect(run(objects)).rejects.toThrow(
      'Secret team/certs does not exist; the chart and the component',
    );
  });
});
