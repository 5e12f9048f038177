import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { readDocument } from '../config/document.ts';
import type { GiveWay } from '../config/giveWay.ts';
import type { Note } from '../report/reasons.ts';
import type { AuthFailure } from './converters.ts';

/** The auth server of a vMCP: the names of its upstream providers in order, or why they cannot be read. */
export type AuthServer = { readonly providers: readonly string[] } | { readonly unreadable: string };

/** The name of a provider that has none. Source: `ResolveUpstreamName` of toolhive. */
const DEFAULT_PROVIDER = 'default';

const NOT_PLAIN = 'its upstreams are written with aliases, merges or tags';

/** The `name` of an item of `upstreams`; undefined when the node does not show it. */
function nameIn(item: unknown): string | undefined {
  if (!isMap(item) || item.tag || item.has('<<')) return undefined;
  const name = item.get('name', true) as unknown;
  if (name === undefined) return '';
  return isScalar(name) && !name.tag ? String(name.value ?? '') : undefined;
}

function namesIn(upstreams: unknown): AuthServer {
  if (upstreams === undefined || (isScalar(upstreams) && upstreams.source === '')) return { providers: [] };
  const names = isSeq(upstreams) && !isAlias(upstreams) ? upstreams.items.map(nameIn) : [undefined];
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? { providers: known } : { unreadable: NOT_PLAIN };
}

/** Reads the text of an `authserver-config.yaml`. Never rejects. */
export async function readAuthServer(text: string, giveWay: GiveWay): Promise<AuthServer> {
  try {
    const read = await readDocument(text, giveWay);
    if (typeof read === 'string') return { unreadable: read };
    if (read.root.has('<<')) return { unreadable: NOT_PLAIN };
    return namesIn(read.root.get('upstreams', true));
  } catch {
    return { unreadable: 'it is not valid YAML' };
  }
}

/** The auth server of a self-managed vMCP, from the ConfigMap of its base config; undefined when it has none. */
export async function findAuthServer(
  { data, binaryKeys }: ConfigMap,
  key: string | undefined,
  read: (text: string) => Promise<AuthServer>,
): Promise<AuthServer | undefined> {
  if (key === undefined) return undefined;
  const text = Object.hasOwn(data, key) ? data[key] : undefined;
  if (text !== undefined) return read(text);
  return binaryKeys.includes(key) ? { unreadable: 'it is in binaryData' } : undefined;
}

function resolved(name: string): string {
  return name || DEFAULT_PROVIDER;
}

/** The provider that a strategy takes when it names none, the first one; undefined without one, or when it is unknown. */
export function defaultProvider(server: AuthServer | undefined): string | undefined {
  const [first] = server && 'providers' in server ? server.providers : [];
  return first === undefined ? undefined : resolved(first);
}

/** What a strategy asks of the auth server. */
export interface ProviderUse {
  /** Who asks, as a message calls it. */
  readonly user: string;
  readonly type: string;
  /** `providerName` of upstream_inject, `subjectProviderName` of xaa. */
  readonly provider: string;
}

/**
 * Why the auth server of the vMCP does not serve a strategy. ToolHive's operator refuses an upstream_inject without its
 * provider; the vMCP itself ends at start when xaa names no provider and there are several. Source:
 * `ValidateAuthServerIntegration` and `InjectSubjectProviderNames` of toolhive.
 */
export function providerFailure(use: ProviderUse, server: AuthServer | undefined): AuthFailure | undefined {
  if (use.type === 'upstream_inject') return missingProvider(use, server);
  return use.type === 'xaa' && !use.provider ? ambiguousProvider(use, server) : undefined;
}

function missingProvider({ user, provider }: ProviderUse, server: AuthServer | undefined) {
  const reason = 'auth-provider-missing' as const;
  const needs = `${user} needs the provider "${resolved(provider)}"`;
  if (!server)
    return {
      reason,
      message: `${needs}, but this vMCP has no auth server; set spec.authServerConfig of its VirtualMCPServer, or mount authserver-config.yaml beside the config of a self-managed vMCP`,
    };
  if ('unreadable' in server) return undefined;
  const names = server.providers.map(resolved);
  if (names.includes(resolved(provider))) return undefined;
  const has = names.length === 0 ? 'no provider' : names.map((name) => `"${name}"`).join(', ');
  return { reason, message: `${needs}; the auth server of this vMCP has ${has}` };
}

function ambiguousProvider({ user }: ProviderUse, server: AuthServer | undefined) {
  const reason = 'auth-provider-ambiguous' as const;
  if (!server || ('providers' in server && server.providers.length < 2)) return undefined;
  const why =
    'providers' in server
      ? `the auth server of this vMCP has several providers (${server.providers.map((name) => `"${resolved(name)}"`).join(', ')})`
      : `the providers of this vMCP's auth server are unknown (authserver-config.yaml: ${server.unreadable})`;
  return { reason, message: `${user} must set subjectProviderName: ${why}` };
}

/** {@link providerFailure} of a strategy as it is in the base config. */
export function strategyFailure(
  user: string,
  strategy: unknown,
  server: AuthServer | undefined,
): AuthFailure | undefined {
  const { type, upstreamInject, xaa } = (strategy ?? {}) as {
    type?: unknown;
    upstreamInject?: { providerName?: unknown };
    xaa?: { subjectProviderName?: unknown };
  };
  const provider = type === 'xaa' ? xaa?.subjectProviderName : upstreamInject?.providerName;
  return providerFailure({ user, type: String(type), provider: String(provider ?? '') }, server);
}

/** Says that the providers of the auth server are unknown. */
export function authServerNotes(server: AuthServer | undefined): readonly Note[] {
  if (!server || 'providers' in server) return [];
  const message = `authserver-config.yaml cannot be read (${server.unreadable}), so whether its providers serve the backends that need one is unknown`;
  return [{ kind: 'Pod', name: '', reason: 'base-config-doubtful', message }];
}
