import { isHeaderValue } from '../../toolhive/headerNames.ts';
import { forbidden, invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, warn } from '../rule.ts';
import { FORWARDING, type Header, shownHeader } from './header.ts';

export const headerValueRules = {
  'header-value-invalid': deny(
    'A header value must not have control characters, or blanks at its edges.',
    ...FORWARDING,
  ),
  'header-plaintext-credential': warn('Credentials must be kept in Secrets.', ...FORWARDING),
};

const CREDENTIAL_NAME =
  /^authorization$|api[-_]?key|access[-_]?token|auth[-_]?token|secret|password|credential|-token$/i;
const CREDENTIAL_VALUE =
  /^(?:bearer|basic|token|negotiate)\s+\S|^(?:ghp_|gho_|github_pat_|xox[abp]-|sk-|eyJ)[\w.-]{8,}/i;

/** The value of a plaintext header. It is never shown: it may be a credential. */
export function checkValue(header: Header, value: string): Finding[] {
  const { name } = header;
  const findings: Finding[] = [];
  if (!isHeaderValue(value) || value !== value.trim())
    findings.push(
      invalid({
        rule: 'header-value-invalid',
        field: header.field,
        raw: value,
        detail:
          'the value must not have control characters (such as a line break) or blanks at its edges; requests with it fail',
      }),
    );
  if (CREDENTIAL_NAME.test(name) || CREDENTIAL_VALUE.test(value))
    findings.push(
      forbidden({
        rule: 'header-plaintext-credential',
        field: header.field,
        raw: value,
        detail: `${shownHeader(name)} looks like a credential in plain text, readable by everybody who can read the object; use addHeadersFromSecret`,
      }),
    );
  return findings;
}
