import type { McpRemoteProxy } from '../../toolhive/models/remoteProxy.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Facts } from '../rule.ts';
import type { SecretLookups } from '../secrets/secrets.ts';
import { checkDuplicates } from './duplicates.ts';
import { checkExpansion } from './expansion.ts';
import { checkSecretHeaders } from './fromSecret.ts';
import { type HeaderOwner, plaintextHeaders, secretHeaders } from './header.ts';
import { checkMeaning } from './meaning.ts';
import { checkName } from './name.ts';
import { checkHeaderSize, tooManyHeaders } from './size.ts';
import { checkValue } from './value.ts';

/** `spec.headerForward`: every rule about headers that one object decides. Their names are made once for all of them. */
function checkHeaders(owner: HeaderOwner, secrets: SecretLookups): readonly Finding[] {
  const { headers, hasAuth, inEnvironment } = owner;
  if (headers === undefined) return [];
  if (headers.tooMany !== undefined) return [tooManyHeaders(headers.tooMany)];
  const plain = plaintextHeaders(headers);
  const secret = secretHeaders(headers);
  const all = [...plain, ...secret];
  const findings: Finding[] = [];
  for (const one of all) findings.push(...checkName(one), ...checkMeaning(one, hasAuth));
  for (const one of plain) findings.push(...checkValue(one, headers.plaintext[one.name] ?? ''));
  if (inEnvironment) findings.push(...checkExpansion(plain, secret, headers, owner.remoteUrl));
  findings.push(...checkSecretHeaders(headers, secrets, inEnvironment ? 'entry' : 'proxy'));
  findings.push(...checkDuplicates(all));
  if (inEnvironment) findings.push(...checkHeaderSize(headers, owner.name));
  return findings;
}

function ownerOf(object: McpServerEntry | McpRemoteProxy, inEnvironment: boolean): HeaderOwner {
  const { metadata, headers, authConfig, remoteUrl } = object;
  return { name: metadata.name, headers, hasAuth: authConfig !== undefined, remoteUrl, inEnvironment };
}

/** The headers of an entry. They become environment variables of the vMCP. */
export function checkEntryHeaders(entry: McpServerEntry, { secrets }: Facts): readonly Finding[] {
  return checkHeaders(ownerOf(entry, true), secrets);
}

/** The headers of a proxy, which sends them itself. */
export function checkProxyHeaders(proxy: McpRemoteProxy, { secrets }: Facts): readonly Finding[] {
  return checkHeaders(ownerOf(proxy, false), secrets);
}
