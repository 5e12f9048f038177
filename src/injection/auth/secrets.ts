import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import type { SecretLookups } from '../../rules/secrets/secrets.ts';
import { compare, SECRET_PLACEHOLDER } from '../contract.ts';
import { secretVariable, type WantedVariables } from '../pod/editor.ts';
import { type ChosenName, chooseNames, type NamesInUse } from '../pod/variableNames.ts';
import { type Note, podNote, type Refusal } from '../report/reasons.ts';
import type { Strategy } from './converters.ts';
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

function missingIn(refs: readonly SecretKeyRef[], secrets: SecretLookups): readonly string[] {
  return refs.flatMap((ref) => missingSecret(ref, secrets) ?? []);
}

/**
 * Why a backend is not served: a Secret, key or value of its auth or headers is missing. Known only with the setting that
 * grants `get` on Secrets; without it nothing is refused.
 */
export function secretRefusal({ headers, auth }: Candidate, secrets: SecretLookups): Refusal | undefined {
  const ofAuth = auth.kind === 'converted' ? auth.strategy.secrets.map(({ ref }) => ref) : [];
  const [missingAuth] = missingIn(ofAuth, secrets);
  if (missingAuth) return { reason: 'auth-secret-missing', message: missingAuth };
  const ofHeaders = headers.secrets.map(([, ref]) => ref);
  const [missingHeader] = missingIn(ofHeaders, secrets);
  return missingHeader ? { reason: 'header-secret-missing', message: missingHeader } : undefined;
}

/** Says that a Secret of the default is missing. It stays required, since every backend without auth of its own needs it. */
export function defaultSecretNotes(strategy: Strategy | undefined, secrets: SecretLookups): readonly Note[] {
  const refs = (strategy?.secrets ?? []).map(({ ref }) => ref);
  return missingIn(refs, secrets).map((what) =>
    podNote('default-auth-failed', `the vMCP cannot start without the Secret of its default auth: ${what}`),
  );
}

/** A strategy that is used, and whether the VirtualMCPServer itself names its config. */
export interface UsedStrategy {
  readonly strategy: Strategy;
  readonly required: boolean;
}

/**
 * Chooses the variables of the strategies that are used. The purpose of each is the auth config. One of a config that the
 * VirtualMCPServer names itself, whoever else uses it, is required, as the operator sets it. One of a backend is written
 * twice: a placeholder, then the optional reference, so that the vMCP starts without the Secret.
 */
export function chooseAuthVariables(
  used: readonly UsedStrategy[],
  inUse: NamesInUse,
): { readonly variables: WantedVariables; readonly nameOf: ChosenName } {
  const all = used.flatMap(({ strategy: { config, secrets }, required }) =>
    secrets.map(({ env, ref }) => ({ name: env, purpose: config, ref, required })),
  );
  const nameOf = chooseNames(all, inUse);
  const named = all
    .map((wish) => ({ ...wish, name: nameOf(wish) }))
    .sort((a, b) => compare(a.name, b.name) || Number(a.required) - Number(b.required));
  const items = named.map(({ name, ref, required }) => {
    const secret = secretVariable(name, ref, !required);
    return [name, required ? [secret] : [{ name, value: SECRET_PLACEHOLDER }, secret]] as const;
  });
  return { variables: new Map(items), nameOf };
}
