import {
  canonicalHeader,
  isHeaderToken,
  isRestrictedHeader,
  MAX_HEADER_NAME,
} from '../../toolhive/headerNames.ts';
import { type FieldPath, shownPath } from '../findings/fieldPath.ts';
import { forbidden, invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import { FORWARDING, type Header } from './header.ts';

export const headerNameRules = {
  'header-name-invalid': deny(
    'A header name must be an HTTP token (RFC 9110).',
    ...FORWARDING,
    'MCPExternalAuthConfig',
  ),
  'header-name-restricted': deny(
    'A header must be one that ToolHive forwards.',
    ...FORWARDING,
    'MCPExternalAuthConfig',
  ),
};

function invalidName(name: string, field: FieldPath): Finding {
  const counted = shownPath(field).includes('[#') ? ' (# counts the keys in alphabetical order)' : '';
  return invalid({
    rule: 'header-name-invalid',
    field,
    violations: [{ parts: [name] }],
    detail: `not a valid HTTP header name: it must be an RFC 9110 token of at most ${MAX_HEADER_NAME} characters, without colon, blank or value; it is not shown, since it may contain a credential${counted}`,
  });
}

/** The name of a header that an object sets. */
export function checkName(header: Header): Finding[] {
  const { name, canonical } = header;
  if (!isHeaderToken(name)) return [invalidName(name, header.field)];
  if (!isRestrictedHeader(canonical)) return [];
  return [
    forbidden({
      rule: 'header-name-restricted',
      field: header.field,
      value: name,
      raw: canonical,
      detail: `ToolHive does not forward ${canonical}: it belongs to the connection or to the proxies on the way; remove it`,
    }),
  ];
}

/** As {@link checkName}, for a header name in another field. */
export function checkHeaderName(name: string, field: FieldPath): Finding[] {
  return checkName({ name, canonical: canonicalHeader(name), field });
}
