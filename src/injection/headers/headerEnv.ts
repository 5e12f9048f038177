import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import { headerManifest } from '../../toolhive/headerManifest.ts';
import { headerManifestEnv, operatorSecretHeaderEnv, SECRET_PREFIX } from '../../toolhive/names.ts';
import { optionalSecret } from '../auth/variables.ts';
import type { Backend } from '../discovery/backend.ts';
import type { WantedVariables } from '../pod/editor.ts';
import { escapeExpansion } from '../pod/expansion.ts';
import type { EnvVar } from '../pod/pod.ts';
import { chooseNames, type NamesInUse } from '../pod/variableNames.ts';
import { hasHeaders } from './headerForward.ts';

interface SecretHeader {
  readonly backend: string;
  readonly header: string;
  readonly ref: SecretKeyRef;
}

function secretHeaders(backends: readonly Backend[]): readonly SecretHeader[] {
  return backends.flatMap(({ name, headers }) =>
    (headers?.secrets ?? []).map(([header, ref]) => ({ backend: name, header, ref })),
  );
}

/**
 * The variables that tell the vMCP the forwarded headers of the served backends: a manifest for each backend, escaped so
 * that the kubelet restores it byte for byte, and one variable for each secret header. The manifest names the variable, so
 * any name will do that is used for nothing else. A backend without headers gets an empty manifest where an `envFrom` of
 * the container might set one.
 */
export function headerVariables(backends: readonly Backend[], inUse: NamesInUse): WantedVariables {
  const secrets = secretHeaders(backends);
  const wishOf = (backend: string, header: string) => ({
    name: operatorSecretHeaderEnv(header, backend),
    purpose: `${backend}\n${header}`,
  });
  const chosen = chooseNames(
    secrets.map(({ backend, header }) => wishOf(backend, header)),
    inUse,
  );
  const nameOf = (backend: string, header: string) => {
    const { name, purpose } = wishOf(backend, header);
    return chosen(name, purpose);
  };
  const wanted = new Map<string, readonly EnvVar[]>();
  for (const { name, headers } of backends) {
    const variable = headerManifestEnv(name);
    if (!hasHeaders(headers)) {
      if (inUse.mayBeImported(variable)) wanted.set(variable, [{ name: variable, value: '{}' }]);
      continue;
    }
    const identifiers = headers.secrets.map(
      ([header]) => [header, nameOf(name, header).slice(SECRET_PREFIX.length)] as const,
    );
    const manifest = headerManifest(headers.plaintext, identifiers);
    wanted.set(variable, [{ name: variable, value: escapeExpansion(manifest) }]);
  }
  for (const { backend, header, ref } of secrets) {
    const variable = nameOf(backend, header);
    wanted.set(variable, [optionalSecret(variable, ref)]);
  }
  return wanted;
}
