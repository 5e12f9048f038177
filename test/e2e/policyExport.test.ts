import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { judgeExample, objectsOf } from '../../scripts/rule-docs/examples.ts';
import { parsePage, readPages } from '../../scripts/rule-docs/page.ts';
import { fillPlaceholders } from '../../scripts/rule-docs/placeholders.ts';
import type { KubernetesObject } from '../../src/catalog/manifests/manifest.ts';
import { RULE_IDS, RULES, type RuleId } from '../../src/rules/index.ts';
import { defaultPolicy, type Policy } from '../../src/rules/policy/policy.ts';
import { parsePolicy } from '../../src/rules/policy/policyFile.ts';
import { isStoredKind, OTHER_PLURALS, PLURALS, storedKind } from '../../src/toolhive/kinds.ts';
import { celRules } from '../../src/vap/celRules.ts';
import { vapObjects } from '../../src/vap/policies.ts';
import { AdminApi } from '../support/cluster/adminApi.ts';
import { findBinaries } from '../support/cluster/binaries.ts';
import { type ControlPlane, startControlPlane } from '../support/cluster/controlPlane.ts';
import { applyCrds, ROOT } from '../support/cluster/installation.ts';
import { Kubectl } from '../support/cluster/kubectl.ts';
import { ProcessScope } from '../support/processes.ts';
import { until } from '../support/wait.ts';

const EXPORTED = celRules(defaultPolicy()).map(({ rule }) => rule);
const PLURAL: Readonly<Record<string, string>> = { ...PLURALS, ...OTHER_PLURALS };
/** Every rule warns, so an answer has the findings of all policies, where a denial would have the first one only. */
const WARNING: Policy = {
  ...defaultPolicy(),
  levels: Object.fromEntries(RULE_IDS.map((id) => [id, 'warn'])) as Policy['levels'],
};

/** What the API server says to a write: its status and the rules whose policies spoke. */
interface Answer {
  readonly status: number;
  readonly rules: readonly string[];
}

/** An object with the rules that the webhook reports about it. */
interface Judged {
  readonly what: string;
  readonly object: KubernetesObject;
  readonly rules: readonly string[];
}

/** An API server with the exported policies and without the webhook. */
class Floor {
  readonly kubectl: Kubectl;
  readonly api: AdminApi;

  constructor(plane: ControlPlane) {
    this.kubectl = new Kubectl(plane.admin);
    this.api = AdminApi.of(plane);
  }

  /** Sends an object of ToolHive to the API server, as `POST` without storing it unless `method` and `name` say otherwise. */
  async send(object: KubernetesObject, method = 'POST', name = '', query = '?dryRun=All'): Promise<Answer> {
    const path = `/apis/${object.apiVersion}/namespaces/default/${PLURAL[object.kind]}${name && `/${name}`}`;
    const metadata = { ...(object.metadata as object), namespace: 'default' };
    const { status, body, warnings } = await this.api.call(method, `${path}${query}`, {
      ...object,
      metadata,
    });
    const spoken = `${warnings.join()}${body}`.matchAll(
      /ValidatingAdmissionPolicy 'vmcp-admission-([a-z0-9-]+)'/g,
    );
    return { status, rules: [...new Set([...spoken].map(([, rule = '']) => rule))].sort() };
  }

  /** Applies the policies of a setting and waits until a new object gets the answers that they give. */
  async apply(policy: Policy, isHeeded: () => Promise<boolean>): Promise<void> {
    await this.kubectl.ok(['apply', '--server-side', '-f', '-'], vapObjects(policy));
    await until('the policies are heeded', async () => ((await isHeeded()) ? true : undefined));
  }
}

/** The objects of ToolHive in the examples of the rule pages that are applied. */
async function examples(which: 'bad' | 'good'): Promise<Judged[]> {
  const pages = [...readPages()].map(([id, text]) => parsePage(id, text));
  const judged = pages
    .filter(({ kind }) => kind === 'apply')
    .map(async (page) => {
      const { rules } = await judgeExample(page, which);
      const objects = (await objectsOf(page[which])).map(({ object }) => object);
      return objects.map((object) => ({ what: page.id, object, rules }));
    });
  return (await Promise.all(judged)).flat().filter(({ object }) => storedKind(object) !== undefined);
}

/** The objects of the tables of cases. */
async function cases(): Promise<Judged[]> {
  const folder = join(ROOT, 'test', 'unit', 'rules', 'cases');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const texts = files.map((file) => fillPlaceholders(readFileSync(join(folder, file), 'utf8')));
  return (
    (await Promise.all(texts))
      .flatMap((text) => parseAllDocuments(text))
      .map(
        (document) =>
          document.toJS() as { case: string; expect: string[]; object: KubernetesObject; policy?: unknown },
      )
      // The exported policies are those of the default policy.
      .filter(({ policy }) => policy === undefined)
      .map((one) => ({
        what: one.case,
        object: one.object,
        rules: one.expect.map((finding) => finding.split(' ')[1] ?? ''),
      }))
      .filter(({ object }) => storedKind(object) !== undefined && isStoredKind(object.kind))
  );
}

function policyOf(document: object): Policy {
  const read = parsePolicy(document);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policy;
}

const entry = (name: string, remoteUrl: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name, namespace: 'default' },
  spec: { remoteUrl, transport: 'sse', groupRef: { name: 'team' }, ...more },
});
const METADATA_URL = 'http://169.254.169.254/latest';

/** CEL knows addresses since 1.31, and docs/policy-export.md asks for that. */
const TOO_OLD = /^1\.30\./.test(process.env.KUBERNETES_VERSION ?? '');

describe.skipIf(inject('e2e') === undefined || TOO_OLD)('policy export --format vap', () => {
  let scope: ProcessScope;
  let floor: Floor;

  /** The pages of exported rules whose bad example gets another answer than `isRight` wants. */
  async function wrongPages(isRight: (rule: RuleId, answer: Answer) => boolean): Promise<string[]> {
    const wanted = (await examples('bad')).filter(({ what }) => EXPORTED.includes(what as RuleId));
    const answers = wanted.map(async ({ what, object }) => {
      const answer = await floor.send(object);
      return isRight(what as RuleId, answer) ? [] : [`${what}: ${answer.status} ${answer.rules}`];
    });
    expect(new Set(wanted.map(({ what }) => what)).size).toBe(EXPORTED.length);
    return (await Promise.all(answers)).flat();
  }

  beforeAll(async () => {
    const binaries = await findBinaries(process.env);
    if ('missing' in binaries) throw new Error(binaries.missing);
    scope = await ProcessScope.create('vmcp-admission-floor');
    floor = new Floor(await startControlPlane(scope, { ...binaries, controllerManager: undefined }));
    await applyCrds(floor.kubectl, join(ROOT, 'test', 'e2e', 'crds'));
    await floor.kubectl.ok(['create', '-f', '-'], [entry('stored', METADATA_URL)]);
  });
  afterAll(() => scope?.close());

  it('says of the bad example of each page what the page says', async () => {
    let wrong: readonly string[] = [];
    const isHeeded = async () => {
      wrong = await wrongPages((rule, { rules }) => rules.includes(rule));
      return wrong.length === 0;
    };
    await floor.apply(WARNING, isHeeded).catch(() => undefined);
    expect(wrong).toEqual([]);
  });

  it('says of every object at most what the webhook says, and each rule at least once', async () => {
    const all = [...(await examples('bad')), ...(await examples('good')), ...(await cases())];
    const answers = await Promise.all(
      all.map(async (judged) => ({ ...judged, said: (await floor.send(judged.object)).rules })),
    );
    expect(answers.length).toBeGreaterThan(700);
    const more = answers.filter(({ said, rules }) => said.some((rule) => !rules.includes(rule)));
    expect(more).toEqual([]);
    expect([...new Set(answers.flatMap(({ said }) => said))].sort()).toEqual(EXPORTED.toSorted());
  });

  it('denies and warns as the webhook does', async () => {
    let wrong: readonly string[] = [];
    const isHeeded = async () => {
      wrong = await wrongPages(
        (rule, { status, rules }) =>
          rules.includes(rule) && status === (RULES[rule].level === 'deny' ? 422 : 201),
      );
      return wrong.length === 0;
    };
    await floor.apply(defaultPolicy(), isHeeded).catch(() => undefined);
    expect(wrong).toEqual([]);
  });

  it('lets an update through that leaves a stored violation as it is, and no new one', async () => {
    const stored = await floor.kubectl.get<KubernetesObject>('mcpserverentry', 'stored');
    const { resourceVersion } = stored.metadata as { resourceVersion: string };
    const update = (url: string, more: object = {}) => {
      const { spec, ...object } = entry('stored', url, more);
      return floor.send({ ...object, metadata: { name: 'stored', resourceVersion }, spec }, 'PUT', 'stored');
    };
    expect(await update(METADATA_URL, { transport: 'streamable-http' })).toMatchObject({ status: 200 });
    expect(await update('http://169.254.170.2/')).toEqual({
      status: 422,
      rules: ['remote-url-blocked-address'],
    });
    const headerForward = { addPlaintextHeaders: { Host: 'x' } };
    expect(await update(METADATA_URL, { headerForward })).toEqual({
      status: 422,
      rules: ['header-name-restricted'],
    });
  });

  it('knows the hosts, ranges, levels, exceptions and exempt namespaces of a policy', async () => {
    const policy = policyOf({
      rules: { 'remote-url-wildcard-dns': 'off' },
      urls: { blockedHosts: ['*.bad.example'], allowedCidrs: ['100.64.0.0/10'] },
      exceptions: [
        {
          rule: 'remote-url-private',
          namespace: 'default',
          name: 'excepted',
          until: '2999-01-01',
          reason: 'a test',
        },
      ],
    });
    const rulesOf = async (host: string, name = 'new') =>
      (await floor.send(entry(name, `https://${host}/`))).rules;
    // kubectl would take ten seconds: it asks for one after the other.
    await floor.api.call('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings');
    // The API server takes up one policy after the other.
    const spoken = {
      'x.bad.example': 'remote-url-policy',
      '198.18.0.1': 'remote-url-blocked-address',
      '10.0.0.1': 'remote-url-private',
      localhost: 'remote-url-blocked-host',
      vault: 'remote-url-cluster-service',
    };
    await floor.apply(policy, async () => {
      const heard = Object.entries(spoken).map(async ([host, rule]) => (await rulesOf(host))?.includes(rule));
      return (await Promise.all(heard)).every((isHeard) => isHeard === true);
    });
    expect(await rulesOf('100.64.1.1')).toEqual([]);
    expect(await rulesOf('a.nip.io')).toEqual([]);
    expect(await rulesOf('bad.example')).toEqual([]);
    expect(await rulesOf('198.18.0.1')).toEqual(['remote-url-blocked-address']);
    expect(await rulesOf('10.0.0.1')).toEqual(['remote-url-private']);
    expect(await rulesOf('10.0.0.1', 'excepted')).toEqual([]);
    for (const host of ['vault', 'Vault.', 'vault.kube-system', 'a.b', 'vault.vault.svc'])
      expect([host, await rulesOf(host)]).toEqual([host, ['remote-url-cluster-service']]);
    for (const host of [
      'vault.vault',
      'mcp.xn--p1ai',
      'web-0.web.ns1',
      '203.0.114.7',
      '[2606:4700::1]',
      'localhost',
    ])
      expect([host, await rulesOf(host)]).toEqual([
        host,
        host === 'localhost' ? ['remote-url-blocked-host'] : [],
      ]);
    await floor.apply({ ...policy, exemptNamespaces: ['defa*'] }, async () => {
      return (await rulesOf('198.18.0.1')).length === 0;
    });
  });
});
