import { headerManifest } from '../../toolhive/headerManifest.ts';
import { type HeaderForward, MAX_HEADERS } from '../../toolhive/models/headerForward.ts';
import {
  HEADER_MANIFEST,
  headerManifestEnv,
  operatorSecretHeaderEnv,
  SECRET_PREFIX,
} from '../../toolhive/names.ts';
import { tooLong } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import { FORWARD, FORWARDING, PLAIN } from './header.ts';

export const headerSizeRules = {
  'header-too-large': deny(
    'There must be at most 1000 headers, and those of an entry must fit into one environment variable.',
    ...FORWARDING,
  ),
};

/**
 * Linux takes at most 128 KiB for one environment string, `name=value` and the NUL at its end; with a longer one the vMCP
 * process cannot be started (`E2BIG`). Source: `MAX_ARG_STRLEN`, 32 pages, in `include/uapi/linux/binfmts.h`; tried out.
 */
export const MAX_ENV_BYTES = 131_072;

/** The finding about an object with more headers than are judged. */
export function tooManyHeaders(count: number): Finding {
  return tooLong({
    rule: 'header-too-large',
    field: FORWARD,
    violations: [{ parts: ['headers'], times: count }],
    detail: `${count} headers are more than any server takes; at most ${MAX_HEADERS} are allowed, and none of these was judged`,
  });
}

/** The most bytes that one UTF-16 unit takes in JSON as Go writes it: `\u003c`. */
const MAX_BYTES_PER_UNIT = 6;
/** The `=` between name and value, the final NUL, and the keys and braces of the manifest. */
const FRAME = '=\0{"addPlaintextHeaders":{},"addHeadersFromSecret":{}}'.length;

/** True when the headers are so short that they fit in any case, as for nearly every entry: nothing is written then. */
function surelyFits(headers: HeaderForward, entry: string): boolean {
  const variable = HEADER_MANIFEST.length + entry.length;
  let units = variable + FRAME;
  // Each has quotes, a colon and a comma. A secret header is written as its name and its identifier, a variable name.
  for (const name in headers.plaintext) units += name.length + (headers.plaintext[name]?.length ?? 0) + 6;
  for (const { headerName } of headers.fromSecret) units += 2 * headerName.length + variable;
  return units * MAX_BYTES_PER_UNIT < MAX_ENV_BYTES;
}

/** The identifiers of secret headers by name; ToolHive ignores items without a reference. */
function identifiers({ fromSecret }: HeaderForward, entry: string): ReadonlyMap<string, string> {
  return new Map(
    fromSecret
      .filter(({ secret }) => secret !== undefined)
      .map(({ headerName }) => [
        headerName,
        operatorSecretHeaderEnv(headerName, entry).slice(SECRET_PREFIX.length),
      ]),
  );
}

/** The size of the variable that carries an entry's headers, as ToolHive writes it and Linux counts it. */
export function checkHeaderSize(headers: HeaderForward, entry: string): Finding[] {
  if (surelyFits(headers, entry)) return [];
  const variable = headerManifestEnv(entry);
  const manifest = headerManifest(Object.entries(headers.plaintext), identifiers(headers, entry));
  const bytes = Buffer.byteLength(`${variable}=${manifest}\0`);
  if (bytes <= MAX_ENV_BYTES) return [];
  return [
    tooLong({
      rule: 'header-too-large',
      field: { shown: headers.fromSecret.length > 0 ? FORWARD : PLAIN, stable: FORWARD },
      violations: [{ parts: ['bytes'], times: bytes }],
      detail: `the environment variable that carries the headers has ${bytes} bytes, at most ${MAX_ENV_BYTES} are possible: with a longer one the vMCP cannot be started at all; shorten the headers`,
    }),
  ];
}
