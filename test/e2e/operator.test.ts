import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeAuthority } from '../../src/x509/generate.ts';
import { runCommand } from '../support/command.ts';
import { ProcessScope } from '../support/processes.ts';
import { findOperator } from '../support/toolhiveOperator.ts';
import { MAIN } from '../support/webhook.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { PodRunner, type RunningPod } from './harness/podRunner.ts';
import { FIXTURES, reportOf } from './harness/vmcp.ts';

const DEPLOYMENTS = ['mine', 'operated'];
const TOOLHIVE = 'toolhive.stacklok.dev/v1beta1';

interface Item {
  readonly workload: { readonly name: string };
  readonly state: string;
  readonly difference: { readonly values: readonly { readonly kind: string; readonly name: string }[] };
}

/** The Deployment that a Pod is of, by its name. */
function deploymentOf({ metadata }: RunningPod): string {
  return metadata.name.replace(/-[^-]+-[^-]+$/, '');
}

describeOnCluster(
  "with ToolHive's operator",
  ({ kubectl, admin, newNamespace, hasControllerManager, until }) => {
    let scope: ProcessScope | undefined;
    let runner: PodRunner | undefined;
    let namespace = '';
    let operatorLog = () => '';

    beforeAll(async () => {
      const operator = hasControllerManager
        ? await findOperator(process.env)
        : { missing: 'there is no kube-controller-manager, so Deployments make no Pods' };
      if ('missing' in operator) {
        if (process.env.CI === 'true') throw new Error(`the operator cannot be run: ${operator.missing}`);
        process.stderr.write(`operator: SKIPPED, ${operator.missing}\n`);
        return;
      }
      namespace = await newNamespace();
      await kubectl.ok(['apply', '--server-side', ...operator.crds.flatMap((file) => ['-f', file])]);
      await writeBundle();
      await kubectl.ok(['apply', '-n', namespace, '-f', join(FIXTURES, 'operated.yaml')]);
      scope = await ProcessScope.create('vmcp-admission-operator');
      const flags = ['--metrics-bind-address=0', '--health-probe-bind-address=0'];
      const started = scope.start('operator', operator.program, flags, {
        KUBECONFIG: admin.kubeconfig,
        WATCH_NAMESPACE: namespace,
        POD_NAMESPACE: namespace,
        VMCP_IMAGE: 'vmcp:test',
      });
      operatorLog = () => started.log().slice(-3_000);
      runner = await PodRunner.start(admin, namespace);
    }, 600_000);
    afterAll(async () => {
      await runner?.stop();
      await scope?.close();
    });

    /** A new certificate in the ConfigMap. */
    async function writeBundle(): Promise<void> {
      const { cert } = await makeAuthority({ commonName: 'Corp CA', now: new Date(), days: 365 });
      const bundle = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'corp-ca', namespace } };
      await kubectl.ok(['apply', '-f', '-'], [{ ...bundle, data: { 'ca.crt': cert } }]);
    }

    /** Waits until each of the Deployments has one Pod, which runs, and for which `isAsked` is true. Resolves to their names. */
    function onePodEach(
      what: string,
      isAsked: (pod: RunningPod) => boolean,
      deployments: readonly string[] = DEPLOYMENTS,
    ): Promise<readonly string[]> {
      return until(
        what,
        async () => {
          const pods = (await runner?.pods()) ?? [];
          const each = pods.map(deploymentOf).sort().join() === deployments.join();
          const asked = pods.every((pod) => pod.status.phase === 'Running' && isAsked(pod));
          return each && asked ? pods.map(({ metadata }) => metadata.name) : undefined;
        },
        { withinMs: 60_000, describe: () => operatorLog() },
      );
    }

    /** What `inject --cluster --stale` reports of the namespace. */
    async function stale(): Promise<readonly Item[]> {
      const flags = ['--cluster', '--stale', '--secrets', '-o', 'json', '--namespaces', namespace];
      const args = [MAIN, 'inject', ...flags, '--kubeconfig', admin.kubeconfig];
      const { code, stdout, stderr } = await runCommand(process.execPath, args, {});
      expect({ code: code < 2, stderr }).toEqual({ code: true, stderr: '' });
      return JSON.parse(stdout) as Item[];
    }

    it('no Pod is stale at first, and a member that is added only where nothing makes new Pods', async ({
      skip,
    }) => {
      if (!runner) return skip();
      const isServed = (pod: RunningPod) => reportOf(pod)?.backends.join() === 'stripe';
      await onePodEach('the vMCP of the operator runs with the entry', isServed, ['operated']);
      await kubectl.ok(['scale', '-n', namespace, 'deployment/mine', '--replicas=1']);
      await onePodEach('both vMCPs run with the entry', isServed);
      expect(await stale()).toEqual([]);
      const spec = {
        remoteUrl: 'https://docs.example.com/mcp',
        transport: 'streamable-http',
        groupRef: { name: 'team' },
      };
      const docs = {
        apiVersion: TOOLHIVE,
        kind: 'MCPServerEntry',
        metadata: { name: 'docs', namespace },
        spec,
      };
      await kubectl.ok(['apply', '-f', '-'], [docs]);
      await onePodEach(
        'the operator has made new Pods',
        (pod) => deploymentOf(pod) === 'mine' || reportOf(pod)?.backends.join() === 'docs,stripe',
      );
      expect(await stale()).toMatchObject([
        { workload: { name: 'mine' }, state: 'stale', difference: { added: ['docs'], values: [] } },
      ]);
    });

    it('an edited auth config, a repaired CA bundle and a new Secret value are stale until a restart', async ({
      skip,
    }) => {
      if (!runner) return skip();
      // A write in the second of the start does not count.
      const started = Date.now();
      await until('a second has begun', () => Date.now() >= started + 1_000 || undefined);
      const header = { spec: { headerInjection: { headerName: 'X-Other' } } };
      const patch = ['patch', '-n', namespace, '--type=merge', '-p'];
      await kubectl.ok([...patch, JSON.stringify(header), 'mcpexternalauthconfig', 'stripe']);
      await writeBundle();
      await kubectl.ok([...patch, '{"stringData":{"key":"two"}}', 'secret', 'stripe-key']);
      const difference = {
        changed: [{ name: 'stripe', fields: ['auth'] }],
        values: [
          { kind: 'ConfigMap', name: 'corp-ca', keys: ['ca.crt'] },
          { kind: 'Secret', name: 'stripe-key', keys: ['key'] },
        ],
      };
      expect(await stale()).toMatchObject(DEPLOYMENTS.map((name) => ({ workload: { name }, difference })));
      const before = await onePodEach('both vMCPs run', () => true);
      const targets = DEPLOYMENTS.map((name) => `deployment/${name}`);
      await kubectl.ok(['rollout', 'restart', ...targets, '-n', namespace]);
      await onePodEach('both vMCPs run in new Pods', ({ metadata }) => !before.includes(metadata.name));
      expect(await stale()).toEqual([]);
    });
  },
);
