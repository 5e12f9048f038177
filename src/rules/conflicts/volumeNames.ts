import { duplicate } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import type { VolumeClaim } from './claims.ts';
import type { Environment } from './environment.ts';
import { andMore, holderWords } from './words.ts';

export const volumeNameRules = {
  'name-volume-collision': deny('The CA volumes of a group must have different names.', 'MCPServerEntry'),
};

/** Entries whose CA bundles would have one volume name. The API server refuses the Deployment of the vMCP. */
export function checkVolume({ key, holder, field }: VolumeClaim, environment: Environment): Finding[] {
  const rivals = environment.rivals(key);
  const [first] = rivals;
  if (first === undefined) return [];
  return [
    duplicate({
      rule: 'name-volume-collision',
      field,
      value: holder.metadata.name,
      detail: `ToolHive would name the CA volume "${key}", as it does for ${holderWords(first.holder)}${andMore(rivals.length)}, and a duplicate volume name stops the whole vMCP; rename one of the two`,
    }),
  ];
}
