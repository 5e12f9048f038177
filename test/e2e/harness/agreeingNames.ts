import { expect } from 'vitest';
import { isWebhookConfiguration, type Manifest } from '../../support/cluster/installation.ts';

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are asked for fields of many kinds
type Anything = any;

/** Expects that what renews the certificates writes the Secret that the replicas mount, and has rights on nothing else. */
function expectAgreeingRotation(of: (kind: string) => Anything[], namespace: string, name: string): void {
  const [cronJob] = of('CronJob');
  if (!cronJob) return;
  const { secretName } = of('Deployment')[0].spec.template.spec.volumes[0].secret;
  expect(of('Secret').map(({ metadata }) => metadata.name)).toEqual([secretName]);
  const flags = [`--service=${name}`, `--namespace=${namespace}`, `--secret=${secretName}`];
  for (const { spec } of [...of('Job'), cronJob.spec.jobTemplate])
    expect(spec.template.spec.containers[0].args).toEqual(['certs', 'rotate', ...flags]);
  const named = [...of('Role'), ...of('ClusterRole')].flatMap(({ rules }) =>
    rules.flatMap(({ resourceNames = [] }: Anything) => resourceNames),
  );
  expect(named).toEqual([secretName, name]);
}

/** Expects that the objects of an installation refer to each other by the names that they have. */
export function expectAgreeingNames(objects: readonly Manifest[], namespace: string, name: string): void {
  const of = (kind: string): Anything[] => objects.filter((object) => object.kind === kind);
  expect(of('Service')[0].metadata.name).toBe(name);
  const accounts = of('ServiceAccount').map(({ metadata }) => metadata.name);
  expect(of('Deployment')[0].spec.template.spec.serviceAccountName).toBe(name);
  expect(accounts).toContain(name);
  for (const { spec } of [...of('Job'), ...of('CronJob').map((cronJob) => cronJob.spec.jobTemplate)])
    expect(accounts).toContain(spec.template.spec.serviceAccountName);
  const serving = of('Certificate').find(({ spec }) => spec.dnsNames);
  const issuers = of('Issuer').map(({ metadata }) => metadata.name);
  for (const { spec } of of('Certificate')) expect(issuers).toContain(spec.issuerRef.name);
  if (serving)
    expect(serving.spec.dnsNames).toEqual([
      `${name}.${namespace}.svc`,
      `${name}.${namespace}.svc.cluster.local`,
    ]);
  expectAgreeingRotation(of, namespace, name);
  for (const configuration of objects.filter(isWebhookConfiguration)) {
    const injectFrom = configuration.metadata.annotations?.['cert-manager.io/inject-ca-from'];
    expect(injectFrom).toBe(serving && `${namespace}/${serving.metadata.name}`);
    for (const webhook of configuration.webhooks as Anything[]) {
      expect(webhook.clientConfig.service).toMatchObject({ name, namespace });
      const [selector] = webhook.namespaceSelector.matchExpressions;
      if (selector.operator === 'NotIn') expect(selector.values).toContain(namespace);
    }
  }
  for (const binding of objects.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind)) as Anything[]) {
    expect(binding.subjects).toMatchObject([{ namespace, name: expect.toBeOneOf(accounts) }]);
    expect(of(binding.roleRef.kind).map(({ metadata }) => metadata.name)).toContain(binding.roleRef.name);
  }
}
