import { quoted } from '../text/line.ts';
import { STORED_KINDS } from '../toolhive/kinds.ts';
import { forbidden } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { matchesGlob } from './globs.ts';
import type { Policy } from './policy/policy.ts';
import { deny } from './rule.ts';

export const allowedNameRules = {
  'name-not-allowed': deny('An object must have a name that the policy allows.', ...STORED_KINDS),
};

/** The name of an object of any kind, where the policy says which names it may have. */
export function checkAllowedName(name: string, { names }: Policy): Finding[] {
  if (names === undefined || name === '' || matchesGlob(name, names)) return [];
  return [
    forbidden({
      rule: 'name-not-allowed',
      field: 'metadata.name',
      detail: `name ${quoted(name)} is not one that the policy allows here: ${names.map(quoted).join(', ')}`,
    }),
  ];
}
