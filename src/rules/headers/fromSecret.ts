import type { HeaderForward } from '../../toolhive/headerForward.ts';
import { child, listItem } from '../fieldPath.ts';
import { required } from '../finding.ts';
import { warn } from '../rule.ts';
import { checkSecretRef, type RefHolder, type SecretLookups } from '../secrets.ts';
import type { Finding } from '../verdict.ts';
import { FORWARDING, SECRET } from './header.ts';

export const headerSecretRules = {
  'header-secret-missing': warn('A header from a Secret must have a reference to the Secret.', ...FORWARDING),
};

/**
 * The references of `addHeadersFromSecret`. ToolHive ignores an item without a reference; an item whose reference has an
 * empty name or key it does not ignore ({@link checkSecretRef}).
 */
export function checkSecretHeaders(
  { fromSecret }: HeaderForward,
  secrets: SecretLookups,
  holder: RefHolder,
): Finding[] {
  return fromSecret.flatMap(({ headerName, secret }, index) => {
    const field = child(listItem(SECRET, index, headerName), 'valueSecretRef');
    if (secret !== undefined) return checkSecretRef(secret, field, secrets, holder);
    return [
      required({
        rule: 'header-secret-missing',
        field,
        raw: headerName,
        detail: 'name and key of a Secret in the same namespace; without them the header is not sent',
      }),
    ];
  });
}
