import { invalid } from './finding.ts';
import { warn } from './rule.ts';
import type { Finding } from './verdict.ts';

export const spellingRules = {
  'old-spelling': warn(
    "Fields must be spelt as in today's CRDs.",
    'MCPServerEntry',
    'MCPRemoteProxy',
    'VirtualMCPServer',
  ),
};

/** Fields as ToolHive spelt them before April 2026, each with the field of today's CRDs. */
const TODAY: Readonly<Record<string, string>> = {
  'spec.remoteURL': 'spec.remoteUrl',
  'spec.groupRef': 'spec.groupRef.name',
  'spec.config.groupRef': 'spec.groupRef.name',
};

/** The fields of an object as it spells them. */
export interface SpeltFields {
  readonly remoteUrl?: string;
  readonly group?: string;
}

const NONE: readonly Finding[] = [];

function checkField(field: string | undefined): readonly Finding[] {
  const now = field === undefined || !Object.hasOwn(TODAY, field) ? undefined : TODAY[field];
  if (field === undefined || now === undefined) return NONE;
  return [
    invalid({
      rule: 'old-spelling',
      field,
      detail: `is the spelling of ToolHive before April 2026, which today's CRDs refuse; write ${now}`,
    }),
  ];
}

/** Old spellings. They are understood here, but today's CRDs prune them and then miss a required field. */
export function checkSpelling({ fields }: { readonly fields: SpeltFields }): readonly Finding[] {
  const url = checkField(fields.remoteUrl);
  const group = checkField(fields.group);
  if (url.length === 0) return group;
  return group.length === 0 ? url : [...url, ...group];
}
