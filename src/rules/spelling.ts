import { invalid } from './finding.ts';
import type { Finding } from './verdict.ts';

/** Fields as ToolHive spelt them before April 2026, each with what today's CRDs want. */
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

const NONE: readonly Finding[] = [];

/** An old spelling is understood here, but not by today's CRDs: they prune it, and then miss a required field. */
export function checkSpelling({ remoteUrl, group }: SpeltFields): readonly Finding[] {
  const url = checkField(remoteUrl);
  const ofGroup = checkField(group);
  if (url.length === 0) return ofGroup;
  return ofGroup.length === 0 ? url : [...url, ...ofGroup];
}
