import { duplicate } from '../finding.ts';
import { deny } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import type { VolumeClaim } from './claims.ts';
import { holderWords } from './words.ts';

export const volumeNameRules = {
  'name-volume-collision': deny('The CA volumes of a group must have different names.', 'MCPServerEntry'),
};

/** Two entries whose CA bundles would have one volume name. The API server refuses the Deployment of the vMCP. */
export function volumeFinding({ key, holder, field }: VolumeClaim, { holder: other }: VolumeClaim): Finding {
  return duplicate({
    rule: 'name-volume-collision',
    field,
    value: holder.metadata.name,
    violations: [{ parts: [key, other.metadata.name, holder.group] }],
    detail: `ToolHive would name the CA volume "${key}", as it does for ${holderWords(other)}, and a duplicate volume name stops the whole vMCP; rename one of the two`,
  });
}
