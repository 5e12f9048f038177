import type { Policy } from '../rules/policy/policy.ts';
import { authConfigRules } from './authConfigs.ts';
import type { CelRule } from './celRule.ts';
import { durationRules } from './durations.ts';
import { entryRules } from './entries.ts';
import { headerRules } from './headers.ts';
import { secretRules } from './secrets.ts';
import { urlRules } from './urls.ts';
import { virtualServerRules } from './virtualServers.ts';

/** Every rule that CEL can say, at least for the usual spellings. A new one is a new line in its subject's file. */
export function celRules({ url }: Pick<Policy, 'url'>): readonly CelRule[] {
  return [
    ...durationRules,
    ...urlRules(url),
    ...entryRules,
    ...secretRules,
    ...headerRules,
    ...authConfigRules,
    ...virtualServerRules,
  ];
}
