import { isUsableSecretRef } from '../../kubernetes/reference.ts';
import { canonicalHeader } from '../../toolhive/headerNames.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { child } from '../findings/fieldPath.ts';
import { required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { warn } from '../rule.ts';
import { checkSecretRefs, type HeldRef, type RefHolder, type SecretLookups } from '../secrets/secrets.ts';
import { FORWARDING, headerItem, SECRET } from './header.ts';

export const headerSecretRules = {
  'header-secret-missing': warn('A header from a Secret must have a reference to the Secret.', ...FORWARDING),
};

/**
 * The references of `addHeadersFromSecret`. ToolHive ignores an item without a reference; an item whose reference has an
 * empty name or key it does not ignore ({@link checkSecretRefs}).
 */
export function checkSecretHeaders(
  { fromSecret }: HeaderForward,
  secrets: SecretLookups,
  holder: RefHolder,
): Finding[] {
  const findings: Finding[] = [];
  const held: HeldRef[] = [];
  for (const [index, { headerName, secret }] of fromSecret.entries()) {
    // Nothing more is known of a valid reference unless Secrets can be read.
    if (secret !== undefined && secrets === undefined && isUsableSecretRef(secret)) continue;
    const field = child(headerItem(SECRET, index, headerName), 'valueSecretRef');
    if (secret !== undefined) held.push({ ref: secret, field });
    else
      findings.push(
        required({
          rule: 'header-secret-missing',
          field,
          raw: canonicalHeader(headerName),
          detail: 'name and key of a Secret in the same namespace; without them the header is not sent',
        }),
      );
  }
  findings.push(...checkSecretRefs(held, secrets, holder));
  return findings;
}
