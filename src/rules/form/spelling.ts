import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { warn } from '../rule.ts';

export const spellingRules = {
  'old-spelling': warn(
    "Fields must be spelt as in today's CRDs.",
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'VirtualMCPServer',
  ),
};

const rule = 'old-spelling';

/** Fields as ToolHive spelt them before April 2026, each with the field of today's CRDs. */
const TODAY: Readonly<Record<string, string>> = {
  'spec.remoteURL': 'spec.remoteUrl',
  'spec.groupRef': 'spec.groupRef.name',
  'spec.config.groupRef': 'spec.groupRef.name',
};

/** The field of today's CRDs for a field as it was spelt before April 2026. */
export function todaysField(field: string): string | undefined {
  return Object.hasOwn(TODAY, field) ? TODAY[field] : undefined;
}

/** The fields of an object as it spells them. */
interface SpeltFields {
  readonly remoteUrl?: string;
  readonly group: string;
  /** An old spelling beside the new one. */
  readonly ignored: string | undefined;
}

/** An old spelling is understood here, but today's CRDs prune it and then miss a required field. */
function checkField(field = ''): readonly Finding[] {
  const now = todaysField(field);
  if (now === undefined) return [];
  return [
    invalid({
      rule,
      field,
      detail: `is the spelling of ToolHive before April 2026, which today's CRDs refuse; write ${now}`,
    }),
  ];
}

function checkIgnored(field: string | undefined): readonly Finding[] {
  if (field === undefined) return [];
  return [
    invalid({
      rule,
      field,
      detail: `is ignored, because ${TODAY[field]} is set too; it is the spelling of ToolHive before April 2026, so remove it`,
    }),
  ];
}

/** Fields that are spelt as before April 2026, alone or beside the new spelling. */
export function checkSpelling({ fields }: { readonly fields: SpeltFields }): readonly Finding[] {
  const { remoteUrl, group, ignored } = fields;
  return [...checkField(remoteUrl), ...checkField(group), ...checkIgnored(ignored)];
}
