import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyCrds } from '../support/cluster/installation.ts';
import type { ServerProcess } from '../support/processes.ts';
import { type Machine, Node } from './machine/node.ts';
import { underLoad } from './support/load.ts';
import { FROM_CHECKOUT, release } from './support/release.ts';
import { applyCerts, caOf, DENIED, installCrds, NAMESPACE, rolledOut, tryMe } from './support/webhook.ts';

const machine = JSON.parse(process.env.VMCP_NODE ?? '{}') as Machine;
const OPEN = { validate: { failurePolicy: 'Ignore' }, inject: { failurePolicy: 'Ignore' } };

const mode = (name: string) => ({ certificates: { mode: name } });

/** From one maker of the certificate to another, as docs/install.md says, with cert-manager's own controllers. */
describe('a release on a node with cert-manager', () => {
  let node: Node;
  let certManager: ServerProcess;
  /** `merging` says whether the CA injector adds to caBundle, as it does from 1.19 on, or replaces it. */
  const startCertManager = (merging: boolean) => {
    const args = ['-config', node.file('admin.kubeconfig'), `-merging=${merging}`];
    certManager = node.start('cert-manager', machine.certManager?.program ?? '', args);
  };
  beforeAll(async () => {
    node = await Node.create(machine);
    await installCrds(node);
    await applyCrds(node.kubectl, machine.certManager?.crds ?? '');
    startCertManager(true);
  });
  afterAll(() => node?.close());

  const upgrade = async (values: object) => {
    await release(node, 4).upgrade(FROM_CHECKOUT, values);
    await rolledOut(node);
  };
  /** Lets the replicas read their Secret anew. */
  const restart = async () => {
    const here = ['-n', NAMESPACE];
    await node.kubectl.ok(['rollout', 'restart', 'deployment/vmcp-admission', ...here]);
    await rolledOut(node);
  };
  const toCertManager = async (more: object = {}) => {
    await upgrade({ ...mode('certManager'), ...more });
    const issued = ['--for=condition=Ready', '--timeout=60s', '-n', NAMESPACE];
    await node.kubectl.ok(['wait', 'certificate/vmcp-admission', ...issued]);
    await restart();
  };
  const lost = async (action: () => Promise<unknown>, entries: 'good' | 'mixed' = 'mixed') => [
    ...(await underLoad(await node.apiServer(), action, entries)).reasons,
  ];

  it('is installed with the defaults, and denies', async () => {
    await release(node, 4).install(FROM_CHECKOUT, {});
    await rolledOut(node);
    expect(await tryMe(node)).toContain(DENIED);
  });

  it('goes to certificates that renew themselves, and loses no call', async () => {
    expect(await lost(() => upgrade(mode('selfManaged')))).toEqual([]);
  });

  it('goes back, where the CA injector adds to caBundle, and loses no call', async () => {
    expect(await lost(() => toCertManager())).toEqual([]);
  });

  it('goes to certificates by hand, and loses no call', async () => {
    const byHand = async () => {
      await upgrade(mode('existingSecret'));
      const trustAlso = await caOf(node, 'vmcp-admission-tls');
      await applyCerts(node, { trustAlso, force: true });
      await restart();
    };
    expect(await lost(byHand)).toEqual([]);
  });

  it('goes back from these, where the CA injector adds to caBundle, and loses no call', async () => {
    expect(await lost(() => toCertManager())).toEqual([]);
  });

  it('goes back open where the CA injector replaces caBundle, and refuses no call', async () => {
    await upgrade(mode('selfManaged'));
    await certManager.stop();
    startCertManager(false);
    const back = async () => {
      await toCertManager(OPEN);
      await upgrade(mode('certManager'));
    };
    expect(await lost(back, 'good')).toEqual([]);
    expect(await tryMe(node)).toContain(DENIED);
  });
});
