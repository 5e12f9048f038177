import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './paths.ts';

/** An object of examples/good/vmcp.yaml. */
interface Example {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: { readonly containers: readonly object[] };
}

/** The base ConfigMap of examples/good/vmcp.yaml, and its Pod with another name; `container` replaces fields of its container. */
export function vmcpObjects(namespace: string, name: string, container: object): readonly [object, object] {
  const text = readFileSync(join(ROOT, 'examples', 'good', 'vmcp.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Example);
  const find = (kind: string) => {
    const found = objects.find((object) => object.kind === kind);
    if (!found) throw new Error(`examples/good/vmcp.yaml has no ${kind}`);
    return found;
  };
  const [config, pod] = [find('ConfigMap'), find('Pod')];
  const containers = pod.spec.containers.map((one) => ({ ...one, ...container }));
  return [
    { ...config, metadata: { ...config.metadata, namespace } },
    { ...pod, metadata: { ...pod.metadata, name, namespace }, spec: { ...pod.spec, containers } },
  ];
}
