import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeOnCluster } from './harness/cluster.ts';
import { isWebhookConfiguration, type Manifest, ROOT, rendered } from './harness/installation.ts';

const OVERLAYS = readdirSync(join(ROOT, 'deploy/overlays')).sort();

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `verb resource` for all that an object grants. */
function rights(object: Manifest): string[] {
  const { rules } = object as Manifest & { readonly rules: readonly Rule[] };
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`)),
  );
}

describeOnCluster('the overlays', ({ kubectl }) => {
  it.each(OVERLAYS)(
    '%s is taken by the API server without a warning, webhook configurations too',
    async (name) => {
      const objects = await rendered(kubectl, `deploy/overlays/${name}`);
      const known = objects.filter(({ apiVersion }) => !apiVersion.startsWith('cert-manager.io/'));
      const namespaces = [...new Set(known.flatMap(({ metadata }) => metadata.namespace ?? []))];
      for (const namespace of namespaces.filter((one) => one !== 'vmcp-admission'))
        await kubectl.run(['create', 'namespace', namespace]);
      const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
      expect(await kubectl.run(args, known)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('fail-open changes the failure policy of every webhook, and nothing else', async () => {
    // By name: a merge puts the webhooks that a patch names first, and their order means nothing.
    const webhooks = async (folder?: string) =>
      (await rendered(kubectl, folder))
        .filter(isWebhookConfiguration)
        .flatMap((configuration) => configuration.webhooks)
        .sort((a, b) => a.name.localeCompare(b.name));
    const base = await webhooks();
    expect(await webhooks('deploy/overlays/fail-open')).toEqual(
      base.map((webhook) => ({ ...webhook, failurePolicy: 'Ignore' })),
    );
  });

  it('secrets adds to get Secrets, and nothing else', async () => {
    const roles = (await rendered(kubectl, 'deploy/overlays/secrets')).filter(
      ({ kind }) => kind === 'ClusterRole',
    );
    const base = (await rendered(kubectl)).filter(({ kind }) => kind === 'ClusterRole');
    const before = new Set(base.flatMap(rights));
    expect(roles.flatMap(rights).filter((right) => !before.has(right))).toEqual(['get secrets']);
  });

  it('namespaced grants nothing in the cluster as a whole, and the same in its namespaces', async () => {
    const objects = await rendered(kubectl, 'deploy/overlays/namespaced');
    expect(objects.filter(({ kind }) => /^ClusterRole/.test(kind))).toEqual([]);
    const granted = objects.filter(({ kind }) => kind === 'Role').flatMap(rights);
    const base = (await rendered(kubectl)).filter(({ kind }) => kind === 'ClusterRole');
    expect(granted.sort()).toEqual(base.flatMap(rights).sort());
  });
});
