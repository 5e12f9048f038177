import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import type { Facts } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import { authFinding } from './authVariables.ts';
import type { Holder } from './claims.ts';
import { type Conflict, conflictsOf } from './conflicts.ts';
import { headersFinding, secretHeaderFinding } from './headerVariables.ts';
import { volumeFinding } from './volumeNames.ts';

type Candidate = Holder | McpExternalAuthConfig;

function toFinding(candidate: Candidate, conflict: Conflict): Finding {
  switch (conflict.type) {
    case 'volume':
      return volumeFinding(conflict.mine, conflict.other);
    case 'secret-header':
      return secretHeaderFinding(conflict.mine, conflict.other);
    case 'headers':
      return headersFinding(conflict.mine, conflict.other);
    case 'auth':
      return authFinding(candidate, conflict.mine, conflict.other, conflict.shared);
  }
}

/** The names that an object would share with others. Every kind that has such names asks this one check. */
export function checkConflicts(candidate: Candidate, { view }: Facts): Finding[] {
  return conflictsOf(candidate, view).map((conflict) => toFinding(candidate, conflict));
}
