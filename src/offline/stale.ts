import type { MetadataReads } from '../catalog/catalog.ts';
import type { InputObject } from '../catalog/manifests/manifest.ts';
import { createInjector, type InjectionContext, type InjectionDeps } from '../injection/injector.ts';
import { namespaceOf } from '../kubernetes/object.ts';
import { eachOnce } from '../stale/oldValues.ts';
import { type ComparedPod, comparePod, eachPodOnce, NotComparable } from '../stale/staleness.ts';
import { TOOLHIVE_KINDS } from '../toolhive/kinds.ts';

/** The Pods that were compared, and how many could not be. */
export interface Comparison {
  readonly compared: readonly ComparedPod[];
  readonly unknown: number;
}

/**
 * Compares every vMCP Pod of a cluster with what it would be if it were made now. A Pod is not compared when objects of its
 * namespace could not be read: what it has of them would look old.
 */
export async function compareAll(
  documents: readonly InputObject[],
  deps: InjectionDeps & { readonly values: MetadataReads | undefined },
  unread: (namespace: string) => ReadonlySet<string>,
  context: InjectionContext,
): Promise<Comparison> {
  const injector = createInjector(deps);
  const values = deps.values && eachOnce(deps.values);
  const pods = eachPodOnce(documents.map(({ object }) => object).filter(({ kind }) => kind === 'Pod'));
  const compared: ComparedPod[] = [];
  let unknown = 0;
  for (const pod of pods) {
    const missing = unread(namespaceOf(pod));
    if (TOOLHIVE_KINDS.some((kind) => missing.has(kind))) unknown++;
    else
      try {
        const one = await comparePod(pod, injector, context, values);
        if (one) compared.push(one);
      } catch (error) {
        if (!(error instanceof NotComparable)) throw error;
        unknown++;
      }
  }
  return { compared, unknown };
}
