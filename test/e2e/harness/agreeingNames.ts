import { expect } from 'vitest';
import { isWebhookConfiguration, type Manifest } from '../../support/cluster/installation.ts';

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are asked for fields of many kinds
type Anything = any;

/** Expects that the objects of an installation refer to each other by the names that they have. */
export function expectAgreeingNames(objects: readonly Manifest[], namespace: string, name: string): void {
  const of = (kind: string): Anything[] => objects.filter((object) => object.kind === kind);
  expect(of('Service')[0].metadata.name).toBe(name);
  expect(of('Deployment')[0].spec.template.spec.serviceAccountName).toBe(
    of('ServiceAccount')[0].metadata.name,
  );
  const serving = of('Certificate').find(({ spec }) => spec.dnsNames);
  const issuers = of('Issuer').map(({ metadata }) => metadata.name);
  for (const { spec } of of('Certificate')) expect(issuers).toContain(spec.issuerRef.name);
  if (serving)
    expect(serving.spec.dnsNames).toEqual([
      `${name}.${namespace}.svc`,
      `${name}.${namespace}.svc.cluster.local`,
    ]);
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
    expect(binding.subjects).toMatchObject([{ namespace, name: of('ServiceAccount')[0].metadata.name }]);
    expect(of('ClusterRole').map(({ metadata }) => metadata.name)).toContain(binding.roleRef.name);
  }
}
