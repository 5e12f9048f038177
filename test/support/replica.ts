import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What deploy/ gives the process of a replica; benchmarks and chaos give it the same. */
export interface ReplicaSettings {
  /** Flags of Node, as `NODE_OPTIONS` has them. */
  readonly nodeOptions: readonly string[];
  /** Beyond it the kernel ends the process, MiB. */
  readonly memoryLimit: number;
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly resources: { readonly limits: { readonly memory: string } };
        }[];
      };
    };
  };
}

/** Reads deploy/base/workload/deployment.yaml. @throws when it does not say what is needed. */
export function replicaSettings(root: string = join(import.meta.dirname, '../..')): ReplicaSettings {
  const file = join(root, 'deploy/base/workload/deployment.yaml');
  const { spec } = parse(readFileSync(file, 'utf8')) as Deployment;
  const [container] = spec.template.spec.containers;
  const options = container?.env.find(({ name }) => name === 'NODE_OPTIONS')?.value;
  const memory = /^(\d+)Mi$/.exec(container?.resources.limits.memory ?? '')?.[1];
  if (options === undefined || memory === undefined)
    throw new Error(`${file} has no NODE_OPTIONS, or no memory limit in Mi`);
  return { nodeOptions: options.split(' '), memoryLimit: Number(memory) };
}
