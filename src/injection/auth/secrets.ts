import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import type { SecretLookups } from '../../rules/secrets/secrets.ts';
import { compare, SECRET_PLACEHOLDER } from '../contract.ts';
import { secretVariable, type WantedVariables } from '../pod/editor.ts';
import { type ChosenName, chooseNames, type NamesInUse } from '../pod/variableNames.ts';
import type { Refusal } from '../report/reasons.ts';
import type { StrategySecret } from './converters.ts';
import type { Candidate } from './resolver.ts';

/** What is wrong with the Secret, if it was looked up and lacks the value; ToolHive takes empty for missing. */
function missingSecret(ref: SecretKeyRef, secrets: SecretLookups): string | undefined {
  const lookup = secrets?.get(ref.name);
  if (lookup === undefined || lookup.state === 'unavailable') return undefined;
  if (lookup.state === 'missing') return `Secret "${ref.name}" does not exist; create it`;
  const facts = Object.hasOwn(lookup.value.keys, ref.key) ? lookup.value.keys[ref.key] : undefined;
  if (!facts) return `Secret "${ref.name}" has no key "${ref.key}"; add it`;
  return facts.empty
    ? `key "${ref.key}" of Secret "${ref.name}" is empty, which counts as missing`
    : undefined;
}

/** What is wrong with Secrets that were looked up. Empty without the setting that grants `get` on Secrets. */
export function missingIn(
  held: readonly { readonly ref: SecretKeyRef }[],
  secrets: SecretLookups,
): readonly string[] {
  return held.flatMap(({ ref }) => missingSecret(ref, secrets) ?? []);
}

/** Why a backend is not served: a Secret, key or value of its auth or headers is missing. */
export function secretRefusal({ headers, auth }: Candidate, secrets: SecretLookups): Refusal | undefined {
  const [ofAuth] = missingIn(auth.secrets, secrets);
  if (ofAuth) return { reason: 'auth-secret-missing', message: ofAuth };
  const [ofHeaders] = missingIn(headers.secrets, secrets);
  return ofHeaders ? { reason: 'header-secret-missing', message: ofHeaders } : undefined;
}

/**
 * Chooses the variables of the strategies that are used. One of a config that the VirtualMCPServer names itself, whoever
 * else uses it, is required, as the operator sets it. One of a backend is written twice: a placeholder, then the optional
 * reference, so that the vMCP starts without the Secret.
 */
export function chooseAuthVariables(
  secrets: readonly StrategySecret[],
  inUse: NamesInUse,
): { readonly variables: WantedVariables; readonly nameOf: ChosenName } {
  const nameOf = chooseNames(secrets, inUse);
  const named = secrets
    .map((secret) => ({ ...secret, name: nameOf(secret) }))
    .sort((a, b) => compare(a.name, b.name) || Number(a.required) - Number(b.required));
  const items = named.map(({ name, ref, required }) => {
    const secret = secretVariable(name, ref, !required);
    return [name, required ? [secret] : [{ name, value: SECRET_PLACEHOLDER }, secret]] as const;
  });
  return { variables: new Map(items), nameOf };
}
