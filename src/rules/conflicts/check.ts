import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Facts } from '../rule.ts';
import { checkAuthVariables, checkConfigVariables } from './authVariables.ts';
import { type Claim, claimsOf, type Holder } from './claims.ts';
import { Environment } from './environment.ts';
import { checkHeadersVariable, checkSecretHeaderVariables } from './headerVariables.ts';
import { checkVolume } from './volumeNames.ts';

type ClaimOf<Type extends Claim['type']> = Extract<Claim, { readonly type: Type }>;

function ofType<Type extends Claim['type']>(claims: readonly Claim[], type: Type): ClaimOf<Type>[] {
  return claims.filter((claim): claim is ClaimOf<Type> => claim.type === type);
}

/**
 * The names that an object would share with others of its group, or has twice itself. Every kind that has such names asks
 * this one check, and two claims conflict whichever of them is stored: so the order of two objects does not matter.
 */
export function checkConflicts(candidate: Holder | McpExternalAuthConfig, { view }: Facts): Finding[] {
  if (candidate.kind === 'MCPExternalAuthConfig') return checkConfigVariables(candidate, view);
  const claims = claimsOf(candidate);
  const environment = new Environment(candidate, view);
  return [
    ...ofType(claims, 'volume').flatMap((claim) => checkVolume(claim, environment)),
    ...checkSecretHeaderVariables(ofType(claims, 'secret-header'), environment),
    ...ofType(claims, 'headers').flatMap((claim) => checkHeadersVariable(claim, environment)),
    ...checkAuthVariables(ofType(claims, 'auth'), environment, view),
  ];
}
