import { hash } from 'node:crypto';

/** Longest name of a Pod volume: a DNS label. */
const MAX_VOLUME_NAME = 63;
const CA_VOLUME_PREFIX = 'ca-bundle-';
/** How much of a long entry name ToolHive keeps in front of the hash. */
const KEPT_OF_LONG_NAME = 44;

/** Where ToolHive mounts the CA bundle of an entry; the entry's name follows. */
export const CA_BUNDLE_ROOT = '/etc/toolhive/ca-bundles';

/**
 * ToolHive's way to make an environment variable name out of an object or header name: `-` becomes `_`, upper case,
 * then every other character outside `[A-Z0-9_]` becomes `_`. Different names can give the same variable.
 */
export function normalise(name: string): string {
  // `-` is one of those characters; `replaceAll` for it alone takes twice as long as all of this.
  return asciiOf(name)
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_');
}

/**
 * The name with `_` for all characters whose upper case is not ASCII. Go gives one character for each: `ß` stays, where
 * JavaScript makes it `SS`. Only `ı` and `ſ` become ASCII letters.
 */
function asciiOf(name: string): string {
  return name.replace(/[^\0-\x7fıſ]/gu, '_');
}

/**
 * The volume name that the operator gives an entry's CA bundle: `ca-bundle-<entry>`, and beyond 63 bytes the first
 * 44 bytes of the name without trailing `-`, then `-` and the first 8 hex digits of its SHA-256.
 * Not sanitised: a dotted entry name gives an invalid volume name, and hashes can collide.
 */
export function operatorCaVolumeName(entry: string): string {
  const plain = CA_VOLUME_PREFIX + entry;
  if (plain.length <= MAX_VOLUME_NAME) return plain;
  const digest = hash('sha256', entry).slice(0, 8);
  return `${CA_VOLUME_PREFIX}${entry.slice(0, KEPT_OF_LONG_NAME).replace(/-+$/, '')}-${digest}`;
}

/** What ToolHive calls the variables of auth configs' secrets; the normalised name of the config follows. */
export const AUTH_VARIABLES = {
  tokenExchangeClientSecret: 'TOOLHIVE_TOKEN_EXCHANGE_CLIENT_SECRET_',
  headerInjectionValue: 'TOOLHIVE_HEADER_INJECTION_VALUE_',
  xaaIdpClientSecret: 'TOOLHIVE_XAA_IDP_CLIENT_SECRET_',
  xaaTargetClientSecret: 'TOOLHIVE_XAA_TARGET_CLIENT_SECRET_',
} as const;

/** What ToolHive calls the variable of a backend's forwarded headers; the normalised name of the backend follows. */
export const HEADER_MANIFEST = 'TOOLHIVE_HEADER_FORWARD_';

/** Manifest variable of an entry's forwarded headers; the vMCP finds it by this name. */
export function headerManifestEnv(backend: string): string {
  return HEADER_MANIFEST + normalise(backend);
}

/** What names of secret variables begin with and identifiers in the manifest do not. */
export const SECRET_PREFIX = 'TOOLHIVE_SECRET_';

/** What the variable of every secret header begins with. */
export const SECRET_HEADER_PREFIX = `${SECRET_PREFIX}HEADER_FORWARD_`;

/** The variable that the operator gives one secret header of one entry. Several headers can give the same name. */
export function operatorSecretHeaderEnv(header: string, entry: string): string {
  return `${SECRET_HEADER_PREFIX}${normalise(header)}_${normalise(entry)}`;
}
