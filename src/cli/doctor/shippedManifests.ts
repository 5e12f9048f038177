import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Shipped } from '../../doctor/facts.ts';

/** What deploy/base has; the build puts it into the bundle, in a checkout there is no such name. */
declare const SHIPPED_MANIFESTS: Shipped | undefined;

/** Where the manifests stand, relative to this file in a checkout. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'deploy', 'base');

/** Reads from the folder what `doctor` compares installations with. @throws when a file cannot be read. */
export async function readShippedManifests(folder: string = FOLDER): Promise<Shipped> {
  const read = async (file: string) => parse(await readFile(join(folder, file), 'utf8'));
  const [validating, mutating, role, deployment] = await Promise.all([
    read('registration/validatingWebhooks.yaml'),
    read('registration/mutatingWebhooks.yaml'),
    read('workload/clusterRole.yaml'),
    read('workload/deployment.yaml'),
  ]);
  return {
    validating: validating.webhooks,
    mutating: mutating.webhooks,
    rights: role.rules,
    pod: deployment.spec.template.spec,
  };
}

/** What this version ships. */
export function shippedManifests(): Promise<Shipped> {
  return typeof SHIPPED_MANIFESTS === 'undefined'
    ? readShippedManifests()
    : Promise.resolve(SHIPPED_MANIFESTS);
}
