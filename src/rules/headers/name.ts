import { isHeaderToken, isRestrictedHeader, MAX_HEADER_NAME } from '../../toolhive/headerNames.ts';
import type { FieldPath } from '../fieldPath.ts';
import { forbidden, invalid } from '../finding.ts';
import { deny } from '../rule.ts';
import type { Finding } from '../verdict.ts';
import { FORWARDING, type Header, header } from './header.ts';

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

/** The name of a header that an object sets. */
export function checkName({ name, canonical, field }: Header): Finding[] {
  if (!isHeaderToken(name))
    return [
      invalid({
        rule: 'header-name-invalid',
        field,
        value: name,
        detail: `${JSON.stringify(name.slice(0, 60))} is not a valid HTTP header name: at most ${MAX_HEADER_NAME} letters, digits and !#$%&'*+-.^_\`|~`,
      }),
    ];
  if (!isRestrictedHeader(canonical)) return [];
  return [
    forbidden({
      rule: 'header-name-restricted',
      field,
      value: name,
      detail: `ToolHive does not forward ${canonical}: it belongs to the connection or to the proxies on the way; remove it`,
    }),
  ];
}

/** As {@link checkName}, for a name that stands elsewhere. */
export function checkHeaderName(name: string, field: FieldPath): Finding[] {
  return checkName(header(name, field));
}
