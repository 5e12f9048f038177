import { type HeaderForward, MAX_HEADERS } from '../toolhive/headerForward.ts';
import { HEADER_MANIFEST, headerManifestEnv } from '../toolhive/names.ts';
import { tooLong } from './finding.ts';
import type { Finding } from './verdict.ts';

/** Linux: one environment string, name and value, is at most 128 KiB; beyond it the vMCP process cannot be started. */
const MAX_ENV_BYTES = 131_072;

/** The finding about an object with more headers than are looked at. */
export function tooManyHeaders(count: number): Finding {
  return tooLong({
    rule: 'header-too-large',
    field: 'spec.headerForward',
    raw: String(count),
    detail: `${count} headers are more than any server takes; at most ${MAX_HEADERS} are allowed, and none of these was looked at`,
  });
}

/** What one UTF-16 unit takes at most in JSON as Go writes it: `\u003c`. */
const MAX_BYTES_PER_UNIT = 6;

/** True for nearly every entry: its headers are so short that they need not be written to know that they fit. */
function surelyFits(headers: HeaderForward, entry: string): boolean {
  // A character has at most three in upper case.
  const variable = HEADER_MANIFEST.length + 3 * entry.length;
  let units = variable;
  // Quotes, colon and comma of each; a secret stands there with its identifier, the variable's name and its own.
  for (const name in headers.plaintext) units += name.length + (headers.plaintext[name]?.length ?? 0) + 6;
  for (const { headerName } of headers.fromSecret) units += 2 * headerName.length + variable;
  return units * MAX_BYTES_PER_UNIT < MAX_ENV_BYTES;
}

/** The size of the variable that carries an entry's headers: names and values, and for secrets their identifiers. */
export function checkHeaderSize(headers: HeaderForward, name: string): Finding[] {
  if (surelyFits(headers, name)) return [];
  const variable = headerManifestEnv(name);
  // Go writes <, > and & as six characters each.
  const json = JSON.stringify(headers.plaintext).replace(/[<>&]/g, '\\u0000');
  let bytes = Buffer.byteLength(json) + Buffer.byteLength(variable);
  for (const { headerName } of headers.fromSecret)
    bytes += 2 * Buffer.byteLength(headerName) + variable.length;
  if (bytes < MAX_ENV_BYTES) return [];
  return [
    tooLong({
      rule: 'header-too-large',
      field: headers.fromSecret.length > 0 ? 'spec.headerForward' : 'spec.headerForward.addPlaintextHeaders',
      raw: String(bytes),
      detail: `the headers take ${bytes} bytes and must stay below ${MAX_ENV_BYTES}: they travel in one environment variable, and with a longer one the vMCP cannot be started at all`,
    }),
  ];
}
