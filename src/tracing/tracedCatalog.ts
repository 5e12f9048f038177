import type { Catalog } from '../catalog/catalog.ts';
import { tracedStep } from './tracer.ts';

/** The catalog, each of whose reads past the copy in memory is a step of the review that waits for it. */
export function tracedCatalog(catalog: Catalog): Catalog {
  const read = <T>(kind: string, namespace: string, name: string, work: () => Promise<T>) =>
    tracedStep(`read ${kind}`, { 'admission.namespace': namespace, 'admission.name': name }, work);
  const { secret, live } = catalog;
  return {
    ...catalog,
    configMap: (namespace, name, signal) =>
      read('ConfigMap', namespace, name, () => catalog.configMap(namespace, name, signal)),
    ...(secret && {
      secret: (namespace, name, signal) =>
        read('Secret', namespace, name, () => secret(namespace, name, signal)),
    }),
    ...(live && {
      live: (kind, namespace, name, signal) =>
        read(kind, namespace, name, () => live(kind, namespace, name, signal)),
    }),
  };
}
