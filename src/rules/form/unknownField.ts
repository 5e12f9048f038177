import { fieldPath } from '../../kubernetes/read.ts';
import { closest } from '../../text/closest.ts';
import { listed } from '../../text/line.ts';
import { fieldsOfKind, pathTo, type UnknownField, unknownFields } from '../../toolhive/fields.ts';
import { STORED_KINDS, type StoredKind } from '../../toolhive/kinds.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { warn } from '../rule.ts';
import { todaysField } from './spelling.ts';

export const unknownFieldRules = {
  'unknown-field': warn('Fields must be fields of the CRD.', ...STORED_KINDS),
};

/** A person corrects them one by one; an object with thousands of them must not fill the output. */
const MAX_FINDINGS = 20;

/** The field that was meant: one of the same place that is spelt alike, or the one of that name at another place. */
function suggestion(kind: StoredKind, { path, known }: UnknownField): string {
  const name = String(path.at(-1));
  const meant = closest(name, known)[0] ?? pathTo(name, fieldsOfKind(kind));
  return meant === undefined ? `known are ${listed(known)}` : `did you mean ${meant}?`;
}

function isReportedAsOldSpelling(field: string, { known }: UnknownField): boolean {
  return known.includes(todaysField(field)?.split('.').at(-1) ?? '');
}

/**
 * The fields of an object that the CRD of its kind does not have. Only `check` asks for it: the API server drops such fields
 * before it calls a webhook.
 * @param raw the untrusted object
 */
export function checkKnownFields(kind: StoredKind, raw: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const unknown of unknownFields(raw, fieldsOfKind(kind))) {
    const field = fieldPath(unknown.path, raw);
    if (isReportedAsOldSpelling(field, unknown)) continue;
    const detail = `${kind} has no such field: kubectl refuses it, and other clients drop it without a message; ${suggestion(kind, unknown)}`;
    findings.push(invalid({ rule: 'unknown-field', field, detail }));
    if (findings.length === MAX_FINDINGS) break;
  }
  return findings;
}
