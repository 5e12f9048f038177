/** A short port, and a path without escapes. */
const REST = String.raw`(?::[1-9][0-9]{0,3})?(?:/[\w.~/-]*)?$`;
/**
 * A DNS name in lower case: without `--`, so no punycode, which parsers check in their own ways; its last label begins with
 * a letter, so no parser sees an address.
 */
const NAME = new RegExp(`^https?://((?:[a-z0-9](?:-?[a-z0-9])*\\.)*[a-z](?:-?[a-z0-9])*)${REST}`);
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const ADDRESS = new RegExp(`^https?://(${OCTET}(?:\\.${OCTET}){3})${REST}`);

/** A name of at most this length cannot have a label that is too long. */
const MAX_LABEL = 63;
const MAX_URL = 512;

/**
 * The host of a URL of the form that nearly all have, in which parsers find nothing to read differently; undefined for all
 * others, which need a closer look.
 */
export function plainHost(
  text: string,
): { readonly kind: 'name' | 'ipv4'; readonly text: string } | undefined {
  if (text.length > MAX_URL) return undefined;
  const name = NAME.exec(text)?.[1];
  if (name !== undefined) return name.length > MAX_LABEL ? undefined : { kind: 'name', text: name };
  const address = ADDRESS.exec(text)?.[1];
  return address === undefined ? undefined : { kind: 'ipv4', text: address };
}
