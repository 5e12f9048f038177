import type { Pause } from '../../concurrency/slices.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { scalarAt } from '../../kubernetes/record.ts';
import { remember } from '../../remember.ts';
import { readDocument } from '../../yaml/document.ts';
import { DocumentFault } from '../../yaml/fault.ts';
import { isCollection, isNull, textOf, YamlMap, type YamlValue } from '../../yaml/values.ts';
import { type Note, podNote, type Refusal } from '../report/reasons.ts';

/** The auth server of a vMCP: the names of its upstream providers in order, or why they cannot be read. */
export type AuthServer =
  | { readonly providers: readonly string[]; readonly unreadable?: undefined }
  | { readonly providers?: undefined; readonly unreadable: string };

/** The name of a provider that has none. Source: `ResolveUpstreamName` of toolhive. */
const DEFAULT_PROVIDER = 'default';

/** Far more than a config of an auth server has. It is read in addition to a base config, and must not take as long. */
const MAX_CHARACTERS = 65_536;

const NOT_UPSTREAMS = 'its upstreams are not a list of mappings, each with a text as its name';

function nameIn(upstream: YamlValue): string {
  if (!(upstream instanceof YamlMap)) throw new DocumentFault(NOT_UPSTREAMS);
  const name = upstream.get('name');
  if (isCollection(name)) throw new DocumentFault(NOT_UPSTREAMS);
  return textOf(name);
}

/** The names of the items of `upstreams`. */
function namesIn(upstreams: YamlValue = []): readonly string[] {
  if (isNull(upstreams)) return [];
  if (!Array.isArray(upstreams)) throw new DocumentFault(NOT_UPSTREAMS);
  return upstreams.map(nameIn);
}

/** Reads the text of an `authserver-config.yaml`. Never rejects. */
export async function readAuthServer(text: string, pause: Pause): Promise<AuthServer> {
  const read = await readDocument(text, pause, ({ value }) => namesIn(value.get('upstreams')));
  return read.ok ? { providers: read.value } : { unreadable: read.message };
}

/** The auth server of a self-managed vMCP, from the ConfigMap of its base config; undefined when it has none. */
export async function findAuthServer(
  { data, binaryKeys }: ConfigMap,
  key: string | undefined,
  read: (text: string) => Promise<AuthServer>,
): Promise<AuthServer | undefined> {
  if (key === undefined) return undefined;
  const text = Object.hasOwn(data, key) ? data[key] : undefined;
  if (text === undefined) return binaryKeys.includes(key) ? { unreadable: 'it is in binaryData' } : undefined;
  if (text.length <= MAX_CHARACTERS) return read(text);
  return { unreadable: `it has ${text.length} characters, at most ${MAX_CHARACTERS} are read` };
}

/** Providers that a message names at most. An auth server can have thousands, and each strategy may ask for one. */
const MAX_NAMED = 5;

/** The names of an auth server's providers, and how a message lists them; none when they are unknown. */
const providersOf = remember(({ providers = [] }: AuthServer) => {
  const names = new Set(providers.map((name) => name || DEFAULT_PROVIDER));
  const listed = [...names].slice(0, MAX_NAMED).map((name) => `"${name}"`);
  const more = names.size - listed.length;
  return { names, listed: listed.join(', ') + (more > 0 ? ` and ${more} more` : '') };
});

/** The provider that a strategy takes when it names none, the first one; undefined without one, or when it is unknown. */
export function defaultProvider(server: AuthServer | undefined): string | undefined {
  const [first] = server ? providersOf(server).names : [];
  return first;
}

/**
 * Why the auth server of the vMCP does not serve a strategy. ToolHive's operator refuses an upstream_inject without its
 * provider; the vMCP itself ends at start when xaa names no provider and there are several. Source:
 * `ValidateAuthServerIntegration` and `InjectSubjectProviderNames` of toolhive.
 * @param user who asks, as a message calls it
 * @param strategy the strategy as data
 */
export function providerRefusal(
  user: string,
  strategy: unknown,
  server: AuthServer | undefined,
): Refusal | undefined {
  const type = scalarAt(strategy, 'type');
  const needed = scalarAt(strategy, 'upstreamInject', 'providerName') ?? DEFAULT_PROVIDER;
  if (type === 'upstream_inject') return missingProvider(user, needed, server);
  const subject = scalarAt(strategy, 'xaa', 'subjectProviderName');
  return type === 'xaa' && subject === undefined ? ambiguousProvider(user, server) : undefined;
}

function missingProvider(
  user: string,
  provider: string,
  server: AuthServer | undefined,
): Refusal | undefined {
  if (server && (server.unreadable || providersOf(server).names.has(provider))) return undefined;
  const why = server
    ? `; the auth server of this vMCP has ${providersOf(server).listed || 'no provider'}`
    : ', but this vMCP has no auth server; set spec.authServerConfig of its VirtualMCPServer, or mount authserver-config.yaml beside the config of a self-managed vMCP';
  return { reason: 'auth-provider-missing', message: `${user} needs the provider "${provider}"${why}` };
}

function ambiguousProvider(user: string, server: AuthServer | undefined): Refusal | undefined {
  if (!server || (server.providers && server.providers.length < 2)) return undefined;
  const why = server.providers
    ? `the auth server of this vMCP has several providers (${providersOf(server).listed})`
    : `the providers of this vMCP's auth server are unknown (authserver-config.yaml: ${server.unreadable})`;
  return { reason: 'auth-provider-ambiguous', message: `${user} must set subjectProviderName: ${why}` };
}

/** Says that the providers of the auth server are unknown. */
export function authServerNotes(server: AuthServer | undefined): readonly Note[] {
  if (server?.unreadable === undefined) return [];
  const message = `authserver-config.yaml cannot be read (${server.unreadable}), so whether its providers serve the backends that need one is unknown`;
  return [podNote('base-config-doubtful', message)];
}
