import { expect, it } from 'vitest';
import { isWebhookConfiguration, rendered } from '../support/cluster/installation.ts';
import { freePort } from '../support/wait.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { injectedDryRun, operatorMadePod, vmcpNamespace } from './harness/vmcp.ts';

const ANNOTATION = 'vmcp-admission.dev/report';
/** The labels that guard, with values that the webhook's own selectors do not match. */
const LABELS = { 'app.kubernetes.io/name': 'other', 'vmcp-admission.dev/inject': 'other' };
const NOT_CALLED = { code: 0 };
const CALLED = { code: 1, stderr: expect.stringContaining('failed calling webhook') };

describeOnCluster('the guards of injected annotations', ({ kubectl, newNamespace, until }) => {
  it('are called when such an annotation or a guarding label of an injected Pod changes, and for no other update', async () => {
    const namespace = await newNamespace();
    const shipped = (await rendered(kubectl)).find(
      (object) => object.kind === 'ValidatingWebhookConfiguration',
    );
    if (!shipped || !isWebhookConfiguration(shipped)) throw new Error('deploy/ has no validating webhooks');
    // The shipped rules and conditions at an address where nobody answers: a call is a failure. The Pod has a label of its
    // own, so that the webhook itself is not called and its answer cannot stand in the way.
    const clientConfig = { url: `https://127.0.0.1:${await freePort()}/validate` };
    const objectSelector = { matchLabels: { 'example.com/guarded': namespace } };
    const webhooks = shipped.webhooks
      .filter((webhook) => webhook.name.startsWith('guard-'))
      .map((webhook) => ({ ...webhook, clientConfig, objectSelector }));
    expect(webhooks).toHaveLength(2);
    const configuration = { ...shipped, metadata: { name: `guard-${namespace}` }, webhooks };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'guarded',
        namespace,
        labels: { ...objectSelector.matchLabels, ...LABELS, 'example.com/l': '1' },
        annotations: { [ANNOTATION]: 'injected', 'example.com/a': '1' },
      },
      spec: { containers: [{ name: 'vmcp', image: 'vmcp' }] },
    };
    const { annotations: _, ...metadata } = { ...pod.metadata, name: 'plain' };
    await kubectl.ok(['create', '-f', '-'], [pod]);
    await kubectl.ok(['create', '-f', '-'], [{ ...pod, metadata }]);
    await kubectl.ok(['create', '-f', '-'], [configuration]);

    type Changes = Readonly<Record<string, string | null>>;
    const patch = (name: string, metadata: object, args: readonly string[]) =>
      kubectl.run([
        ...['patch', 'pod', name, '-n', namespace, '--type=merge', '--dry-run=server', ...args],
        ...['-p', JSON.stringify({ metadata })],
      ]);
    const change = (annotations: Changes, ...args: readonly string[]) =>
      patch('guarded', { annotations }, args);
    const relabel = (labels: Changes, name = 'guarded') => patch(name, { labels }, []);
    await until('the API server knows the guards', async () =>
      (await change({ [ANNOTATION]: 'edited' })).code === 1 ? true : undefined,
    );
    expect(await change({ [ANNOTATION]: 'edited' })).toMatchObject(CALLED);
    expect(await change({ [ANNOTATION]: null })).toMatchObject(CALLED);
    expect(await change({ 'vmcp-admission.dev/config.yaml': 'added' })).toMatchObject(CALLED);
    expect(await change({ [ANNOTATION]: 'edited' }, '--subresource=status')).toMatchObject(CALLED);

    expect(await change({ 'example.com/a': '2' })).toMatchObject(NOT_CALLED);
    expect(await change({ 'example.com/a': null })).toMatchObject(NOT_CALLED);
    expect(await change({ 'example.com/b': '1' }, '--subresource=status')).toMatchObject(NOT_CALLED);

    for (const key of Object.keys(LABELS)) {
      expect(await relabel({ [key]: null })).toMatchObject(CALLED);
      expect(await relabel({ [key]: 'another' })).toMatchObject(CALLED);
      expect(await relabel({ [key]: null }, 'plain')).toMatchObject(NOT_CALLED);
    }
    expect(await relabel({ 'example.com/l': null })).toMatchObject(NOT_CALLED);
    await kubectl.ok(['delete', 'validatingwebhookconfiguration', `guard-${namespace}`]);
  });
});

describeOnCluster('an injected Pod', (cluster) => {
  const { kubectl } = cluster;

  it('keeps what was injected: neither its annotations nor the label that guards them can be edited', async () => {
    const namespace = await vmcpNamespace(cluster);
    const pod = await operatorMadePod(namespace, 'guarded');
    await injectedDryRun(cluster, pod);
    await kubectl.ok(['create', '-f', '-'], [pod]);
    const edit = (verb: 'annotate' | 'label', change: string) =>
      kubectl.run([verb, 'pod', 'guarded', '-n', namespace, '--overwrite', change]);
    const denied = (text: string) => ({ code: 1, stderr: expect.stringContaining(text) });

    const config = 'vmcp-admission.dev/config.yaml';
    expect(await edit('annotate', `${config}=name: other`)).toMatchObject(denied(config));
    expect(await edit('label', 'app.kubernetes.io/name-')).toMatchObject(denied('app.kubernetes.io/name'));
    expect(await edit('label', 'app.kubernetes.io/name=x')).toMatchObject(denied('app.kubernetes.io/name'));
    expect(await edit('annotate', `${config}-`)).toMatchObject(denied(config));

    expect(await edit('annotate', 'example.com/note=fine')).toMatchObject({ code: 0 });
    expect(await edit('label', 'example.com/note=fine')).toMatchObject({ code: 0 });
    const removal = await kubectl.run(['delete', 'pod', 'guarded', '-n', namespace, '--wait=false']);
    expect(removal).toMatchObject({ code: 0 });
  });
});
