import type { Catalog } from '../catalog/catalog.ts';
import type { InputObject } from '../catalog/manifests/manifest.ts';
import { DEFAULT_NAMESPACE, withDefaultNamespace } from '../catalog/manifests/namespace.ts';
import { INSTANCE_LABEL, NAME_LABEL, OPERATOR_NAME } from '../injection/contract.ts';
import { createInjector, type Injection, type InjectionDeps } from '../injection/injector.ts';
import { scalarAt, textAt } from '../kubernetes/record.ts';
import { toolhiveKind } from '../toolhive/kinds.ts';
import { readVirtualServer } from '../toolhive/models/virtualServer.ts';
import { operatorConfigMap, operatorConfigMapName, operatorPod } from './operatorPod.ts';
import { type InputPod, podOf } from './workloads.ts';

/** One Pod of the input and what happens to it. */
export interface InjectedPod extends InputPod {
  readonly document: InputObject;
  readonly namespace: string;
  readonly injection: Injection;
}

function namespaceOf(object: unknown): string {
  return textAt(object, 'metadata', 'namespace') ?? DEFAULT_NAMESPACE;
}

function key(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** The VirtualMCPServers for which a Pod is in the input already. */
function servedByInput(pods: readonly InputPod[]): ReadonlySet<string> {
  const served = new Set<string>();
  for (const { pod } of pods) {
    const name = scalarAt(pod, 'metadata', 'labels', INSTANCE_LABEL);
    if (name !== undefined && textAt(pod, 'metadata', 'labels', NAME_LABEL) === OPERATOR_NAME)
      served.add(key(namespaceOf(pod), name));
  }
  return served;
}

/** The Pod that the operator would make for a VirtualMCPServer, and the catalog with the ConfigMap that it would write. */
function fromServer(
  document: InputObject,
  catalog: Catalog,
): { readonly input: InputPod; readonly name: string; readonly catalog: Catalog } | undefined {
  const object = withDefaultNamespace(document.object);
  const read = readVirtualServer(object);
  if (toolhiveKind(object) !== 'VirtualMCPServer' || !read.ok) return undefined;
  const { name, namespace } = read.value.metadata;
  const configMap: Catalog['configMap'] = async (inNamespace, wanted, signal) => {
    const found = await catalog.configMap(inNamespace, wanted, signal);
    if (found.state !== 'missing' || inNamespace !== namespace || wanted !== operatorConfigMapName(name))
      return found;
    return { state: 'found', value: operatorConfigMap(read.value, object) };
  };
  const input = { pod: operatorPod(read.value), origin: `VirtualMCPServer ${name}`, fromTemplate: true };
  return { input, name, catalog: { ...catalog, configMap } };
}

/**
 * Fills every Pod of the input as the webhook would: Pods, the templates of workloads, and for a VirtualMCPServer without
 * a Pod in the input the one that the operator would make. The whole input is the catalog.
 */
export async function injectManifests(
  documents: readonly InputObject[],
  deps: InjectionDeps,
  context: { readonly signal: AbortSignal; readonly now: Date },
): Promise<InjectedPod[]> {
  const injector = createInjector(deps);
  const found = documents.map((document) => ({ document, input: podOf(document.object) }));
  const served = servedByInput(found.flatMap(({ input }) => input ?? []));
  const results: InjectedPod[] = [];
  for (const { document, input: given } of found) {
    const made = given === undefined ? fromServer(document, deps.catalog) : undefined;
    const input = given ?? made?.input;
    if (input === undefined) continue;
    const namespace = namespaceOf(input.pod);
    if (made && served.has(key(namespace, made.name))) continue;
    const own = made ? createInjector({ ...deps, catalog: made.catalog }) : injector;
    const injection = await own.inject(input.pod, namespace, context);
    results.push({ ...input, document, namespace, injection });
  }
  return results;
}
