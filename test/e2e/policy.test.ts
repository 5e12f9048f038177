import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeServingCertificate } from '../support/certificates.ts';
import { serviceAccountKubeconfig } from '../support/cluster/controlPlane.ts';
import {
  callingUrl,
  isWebhookConfiguration,
  type Manifest,
  rendered,
  withComponents,
} from '../support/cluster/installation.ts';
import { ProcessScope } from '../support/processes.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook.ts';
import { TRIMMED } from './harness/auditLog.ts';
import { describeOnCluster } from './harness/cluster.ts';

const TOOLHIVE = 'toolhive.stacklok.dev/v1beta1';
const RULE = 'remote-host-not-allowed';

function isClusterRole(object: Manifest): object is Manifest & { readonly rules: readonly object[] } {
  return object.kind === 'ClusterRole';
}

describeOnCluster(
  'a policy with scopes, for real users',
  ({ kubectl, newNamespace, until, admin, auditLog }) => {
    let scope: ProcessScope;
    let webhook: WebhookProcess;
    let payments: string;
    /** The ServiceAccount of the webhook; at first it lacks a right. */
    let account: string;
    let trial: string;
    let file: string;

    const policy = () => `
scopes:
  - {name: trial, namespaceSelector: {matchLabels: {trial: "yes"}}, remoteHosts: {allow: []}, enforcement: warn}
  - {name: platform, namespaces: [${payments}], groups: [platform], remoteHosts: {allow: ["*"]}}
  - {name: payments, namespaces: [${payments}], remoteHosts: {allow: [api.stripe.com, "*.corp.example"]}}
credentials:
  - {secret: ${payments}/stripe-key, hosts: [api.stripe.com]}
exceptions:
  - {rule: ${RULE}, namespace: ${payments}, name: legacy, until: 2199-12-31, reason: moves to the gateway}
  - {rule: ${RULE}, namespace: ${payments}, name: older, until: 2020-01-31, reason: moved long ago}
`;

    const readyz = async () => (await fetch(`${webhook.healthUrl}/readyz`)).text();

    /** Grants the rules of a ClusterRole to the ServiceAccount of the webhook. */
    async function grant(name: string, rules: readonly object[]): Promise<void> {
      const rbac = 'rbac.authorization.k8s.io';
      const metadata = { name: `${payments}-${name}` };
      await kubectl.ok(
        ['create', '-f', '-'],
        [
          { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules },
          {
            apiVersion: `${rbac}/v1`,
            kind: 'ClusterRoleBinding',
            metadata,
            roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name },
            subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'vmcp-admission' }],
          },
        ],
      );
    }

    /** Lets alice and bob write ToolHive's objects in both namespaces. */
    async function grantUsers(): Promise<void> {
      for (const namespace of [payments, trial]) {
        await kubectl.ok([
          ...['create', 'role', 'toolhive', '-n', namespace, '--verb=*'],
          '--resource=mcpserverentries.toolhive.stacklok.dev,mcpexternalauthconfigs.toolhive.stacklok.dev',
        ]);
        const users = ['--user=alice', '--user=bob'];
        await kubectl.ok(['create', 'rolebinding', 'users', '-n', namespace, '--role=toolhive', ...users]);
      }
    }

    /** Registers the shipped webhook for ToolHive's objects, for the namespaces of this test alone. */
    async function register(ca: string): Promise<void> {
      const shipped = (await rendered(kubectl)).find(
        (object) => isWebhookConfiguration(object) && object.kind === 'ValidatingWebhookConfiguration',
      );
      if (!shipped || !isWebhookConfiguration(shipped)) throw new Error('deploy/ has no validating webhooks');
      const [first] = callingUrl(shipped, webhook.url, ca).webhooks;
      const namespaceSelector = {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [payments, trial] }],
      };
      const webhooks = [{ ...first, name: 'policy.vmcp-admission.dev', namespaceSelector }];
      await kubectl.ok(['create', '-f', '-'], [{ ...shipped, metadata: { name: payments }, webhooks }]);
      await until('the API server calls the webhook', async () =>
        (await apply('alice', 'probe', 'https://evil.example/')).code === 1 ? true : undefined,
      );
    }

    beforeAll(async () => {
      scope = await ProcessScope.create('vmcp-admission-policy');
      payments = await newNamespace();
      trial = await newNamespace({ trial: 'yes' });
      file = join(scope.dir, 'policy.yaml');
      await writeFile(file, policy());
      account = `${TRIMMED}${payments}`;
      await kubectl.ok(['create', 'serviceaccount', account, '-n', 'vmcp-admission']);
      const kubeconfig = await serviceAccountKubeconfig({ admin }, 'vmcp-admission', account);
      const certDir = join(scope.dir, 'tls');
      const ca = await writeServingCertificate(certDir);
      await grant(
        'base',
        (await rendered(kubectl)).filter(isClusterRole).flatMap(({ rules }) => rules),
      );
      const flags = ['--kubeconfig', kubeconfig, '--cert-dir', certDir, '--policy', file];
      webhook = await startWebhook({ scope, flags });
      await until('/readyz names the right that the policy needs', async () =>
        (await readyz()).includes('grant get on namespaces (component namespace-labels') ? true : undefined,
      );
      expect(await readyz()).toMatch(/^\[-\]policy failed: .*forbidden/m);
      const rights = (await withComponents(kubectl, ['namespace-labels'])).filter(isClusterRole);
      await grant('component', [rights.flatMap(({ rules }) => rules).at(-1) ?? {}]);
      await webhook.untilReady();
      await grantUsers();
      await register(ca);
    });
    afterAll(async () => {
      await kubectl.run(['delete', 'validatingwebhookconfiguration', payments]);
      await scope.close();
    });

    function entry(name: string, remoteUrl: string, namespace = payments, more: object = {}) {
      const spec = { remoteUrl, transport: 'sse', groupRef: { name: 'team' }, ...more };
      return { apiVersion: TOOLHIVE, kind: 'MCPServerEntry', metadata: { name, namespace }, spec };
    }

    function as(user: string, ...objects: object[]) {
      const [name, group] = user.split('@');
      const groups = group === undefined ? [] : [`--as-group=${group}`];
      return kubectl.run(['apply', '-f', '-', `--as=${name}`, ...groups], objects);
    }

    function apply(user: string, name: string, url: string, namespace?: string) {
      return as(user, entry(name, url, namespace));
    }

    /** The audit annotations of the webhook on the creation of an entry. */
    function annotationsOf(name: string): Promise<Record<string, string>> {
      return until(`the audit log has ${name}`, async () => {
        const lines = (await readFile(auditLog, 'utf8')).split('\n');
        const line = lines.find(
          (one) => one.includes(`"name":"${name}"`) && one.includes('policy.vmcp-admission.dev/'),
        );
        if (line === undefined) return undefined;
        const { annotations } = JSON.parse(line) as { annotations: Record<string, string> };
        return Object.fromEntries(
          Object.entries(annotations).flatMap(([key, value]) => {
            const [webhookName, short = ''] = key.split('/');
            return webhookName === 'policy.vmcp-admission.dev' ? [[short, value]] : [];
          }),
        );
      });
    }

    it('is decided by the namespace and by the groups of the user', async () => {
      expect(await apply('alice', 'one', 'https://evil.example/')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`"api.stripe.com", "*.corp.example"; ask the administrators`),
      });
      expect(await apply('alice', 'one', 'https://crm.corp.example/')).toMatchObject({ code: 0 });
      expect(await apply('bob@platform', `two-${payments}`, 'https://evil.example/')).toMatchObject({
        code: 0,
      });
      expect(await annotationsOf(`two-${payments}`)).toMatchObject({ scope: 'platform' });
    });

    it('only warns in a namespace with the label, and counts what it would deny', async () => {
      const name = `trial-${payments}`;
      expect(await apply('alice', name, 'https://evil.example/', trial)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(
          `Warning: spec.remoteUrl: would be denied by ${RULE}: host "evil.example"`,
        ),
      });
      expect(await annotationsOf(name)).toMatchObject({ scope: 'trial', 'would-deny': RULE });
      const series = `vmcp_admission_would_deny_total{rule="${RULE}",kind="MCPServerEntry"}`;
      expect(await webhook.metric(series)).toBeGreaterThan(0);
      await until(
        'the log says so',
        () => webhook.process.log().includes(`"wouldDeny":["${RULE}"]`) || undefined,
      );
    });

    it('keeps a Secret to its hosts, from both sides', async () => {
      const key = (secret: string) => ({
        apiVersion: TOOLHIVE,
        kind: 'MCPExternalAuthConfig',
        metadata: { name: 'key', namespace: payments },
        spec: {
          type: 'headerInjection',
          headerInjection: { headerName: 'X-Key', valueSecretRef: { name: secret, key: 'k' } },
        },
      });
      const auth = { externalAuthConfigRef: { name: 'key' } };
      const guarded = { code: 1, stderr: expect.stringContaining('[credential-host]') };
      expect(await as('alice', key('stripe-key'))).toMatchObject({ code: 0 });
      await until('the webhook knows the auth config', async () =>
        (await as('alice', entry('sent', 'https://crm.corp.example/', payments, auth))).code === 1
          ? true
          : undefined,
      );
      expect(await as('alice', entry('sent', 'https://crm.corp.example/', payments, auth))).toMatchObject(
        guarded,
      );
      expect(await as('alice', entry('sent', 'https://api.stripe.com/', payments, auth))).toMatchObject({
        code: 0,
      });
      expect(await as('alice', key('other'))).toMatchObject({ code: 0 });
      await until('the entry may be sent another Secret', async () =>
        (await as('alice', entry('sent', 'https://crm.corp.example/', payments, auth))).code === 0
          ? true
          : undefined,
      );
      await until('the webhook knows the entry', async () =>
        (await as('alice', key('stripe-key'))).code === 1 ? true : undefined,
      );
      expect(await as('alice', key('stripe-key'))).toMatchObject(guarded);
    });

    it('honours an exception until its last day, and says so', async () => {
      expect(await apply('alice', 'legacy', 'https://evil.example/')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('allowed by an exception until 2199-12-31 (moves to the gateway)'),
      });
      expect((await annotationsOf('legacy')).exceptions).toBe(
        `${RULE} for ${payments}/legacy, until 2199-12-31 (moves to the gateway)`,
      );
      expect(await apply('alice', 'older', 'https://evil.example/')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('its exception ended on 2020-01-31'),
      });
      expect(await webhook.metric('vmcp_admission_policy_exceptions{state="over"}')).toBe(1);
      expect(await readyz()).toContain('[+]policy ok, but exceptions are over');
      expect(webhook.process.log()).toContain('exceptions of the policy are over');
    });

    it('stays in effect when a new version cannot be used', async () => {
      await writeFile(file, `${policy()}\nenforcment: warn\n`);
      await until('the new version was read', async () =>
        (await webhook.metric('vmcp_admission_policy_current')) === 0 ? true : undefined,
      );
      expect(await readyz()).toContain('unknown key "enforcment"; did you mean "enforcement"?');
      expect(await apply('alice', 'late', 'https://evil.example/')).toMatchObject({ code: 1 });
    });
  },
);
