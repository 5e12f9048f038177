import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import type { SecretLookups } from '../../rules/secrets.ts';
import type { Backend } from '../discovery/backend.ts';
import type { LeftOut } from '../report/reasons.ts';
import type { BackendAuth } from './resolver.ts';

/** What is wrong with the Secret, if it was looked up and lacks the value; ToolHive takes empty for missing. */
export function missingSecret(ref: SecretKeyRef, secrets: SecretLookups): string | undefined {
  const lookup = secrets?.get(ref.name);
  if (lookup === undefined || lookup.state === 'unavailable') return undefined;
  if (lookup.state === 'missing') return `Secret "${ref.name}" does not exist; create it`;
  const facts = Object.hasOwn(lookup.value.keys, ref.key) ? lookup.value.keys[ref.key] : undefined;
  if (!facts) return `Secret "${ref.name}" has no key "${ref.key}"; add it`;
  return facts.empty
    ? `key "${ref.key}" of Secret "${ref.name}" is empty, which counts as missing`
    : undefined;
}

/**
 * Under the setting that grants `get` on Secrets: leaves out the backends whose Secret, key or value is missing. Without it
 * nothing is known, and nothing is left out.
 */
export function withSecrets(
  backends: readonly Backend[],
  auth: ReadonlyMap<Backend, BackendAuth>,
  secrets: SecretLookups,
): { readonly backends: readonly Backend[]; readonly leftOut: readonly LeftOut[] } {
  if (secrets === undefined) return { backends, leftOut: [] };
  const leftOut: LeftOut[] = [];
  const kept = backends.filter((backend) => {
    const choice = auth.get(backend);
    const ofAuth = choice?.kind === 'converted' ? choice.strategy.secrets.map(({ ref }) => ref) : [];
    const ofHeaders = (backend.headers?.secrets ?? []).map(([, ref]) => ref);
    for (const [reason, refs] of [
      ['auth-secret-missing', ofAuth],
      ['header-secret-missing', ofHeaders],
    ] as const)
      for (const ref of refs) {
        const message = missingSecret(ref, secrets);
        if (message === undefined) continue;
        leftOut.push({ kind: backend.kind, name: backend.name, reason, message });
        return false;
      }
    return true;
  });
  return { backends: kept, leftOut };
}
