import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { remember } from '../../remember.ts';
import { headerManifest } from '../../toolhive/headerManifest.ts';
import { headerManifestEnv, operatorSecretHeaderEnv, SECRET_PREFIX } from '../../toolhive/names.ts';
import { hashSuffix } from '../auth/variables.ts';
import type { Backend } from '../discovery/backend.ts';
import { optionalSecret, relaxed, setVariables, type WantedVariables } from '../pod/env.ts';
import { escapeExpansion } from '../pod/expansion.ts';
import type { EnvVar } from '../pod/pod.ts';
import { hasHeaders } from './headerForward.ts';

const MANIFEST_PREFIX = 'TOOLHIVE_HEADER_FORWARD_';
const SECRET_HEADER_PREFIX = 'TOOLHIVE_SECRET_HEADER_FORWARD_';

interface SecretHeader {
  readonly backend: string;
  readonly header: string;
  readonly ref: SecretKeyRef;
}

/**
 * The variable of each secret header. It is ours to choose, since the manifest says which one it is: ToolHive's name,
 * and where several headers would share that (gap N5), each with a hash of its entry and header.
 */
function chooseNames(headers: readonly SecretHeader[]): (backend: string, header: string) => string {
  const uses = new Map<string, number>();
  for (const { backend, header } of headers) {
    const name = operatorSecretHeaderEnv(header, backend);
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return (backend, header) => {
    const name = operatorSecretHeaderEnv(header, backend);
    return uses.get(name) === 1 ? name : `${name}_${hashSuffix(`${backend}\n${header}`)}`;
  };
}

/** The variables that the served entries need: manifests, escaped, and secrets. Made once for the same backends. */
const headerVariables = remember((backends: readonly Backend[]): WantedVariables => {
  const senders = backends.filter(({ headers }) => hasHeaders(headers));
  const secrets = senders.flatMap(({ name, headers }) =>
    (headers?.secrets ?? []).map(([header, ref]) => ({ backend: name, header, ref })),
  );
  const nameOf = chooseNames(secrets);
  const wanted = new Map<string, readonly EnvVar[]>();
  for (const { name, headers } of senders) {
    if (!headers) continue;
    const manifest = headerManifest(
      headers.plaintext,
      headers.secrets.map(([header]) => [header, nameOf(name, header).slice(SECRET_PREFIX.length)]),
    );
    const variable = headerManifestEnv(name);
    wanted.set(variable, [{ name: variable, value: escapeExpansion(manifest) }]);
  }
  for (const { backend, header, ref } of secrets) {
    const variable = nameOf(backend, header);
    wanted.set(variable, [optionalSecret(variable, ref)]);
  }
  return wanted;
});

/**
 * Puts the forwarded headers of the served entries into the container, each value escaped so that the kubelet restores
 * it byte for byte (gap H2). What the operator wrote for entries is corrected in place: its own manifest of an entry is
 * not escaped, and its variables are required and can hold another entry's secret. The manifest of a backend that
 * forwards nothing goes, as the vMCP would apply it to whatever backend normalises to its name (gap N7).
 * @param operatorMade whether the variables found under ToolHive's names are the operator's, to be taken over
 */
export function withHeaderVariables(
  env: readonly EnvVar[],
  backends: readonly Backend[],
  operatorMade: boolean,
): readonly EnvVar[] {
  const wanted = headerVariables(backends);
  let own: readonly EnvVar[] = env;
  if (operatorMade)
    own = env
      .filter(({ name }) => !name.startsWith(MANIFEST_PREFIX) || wanted.has(name))
      .map((item) => (item.name.startsWith(SECRET_HEADER_PREFIX) ? relaxed(item) : item));
  return setVariables(own, wanted);
}
