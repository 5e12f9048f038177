import { shownKey } from '../../kubernetes/read.ts';
import type { SecretKeyRef } from '../../kubernetes/reference.ts';
import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import type { McpRemoteProxy } from '../../toolhive/models/remoteProxy.ts';
import type { McpServer } from '../../toolhive/models/server.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import type { BackendAuthChoice, VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import {
  headerManifestEnv,
  normalise,
  operatorCaVolumeName,
  operatorSecretHeaderEnv,
} from '../../toolhive/names.ts';
import { child, type FieldPath, listItem, mapValue } from '../findings/fieldPath.ts';
import { headerItem } from '../headers/header.ts';

/** A member of a group, or a vMCP that serves it. */
export type Holder = McpServer | McpRemoteProxy | McpServerEntry | VirtualMcpServer;

interface Base {
  /** What is claimed: an environment variable, a volume name, or the variables of an auth config. */
  readonly key: string;
  readonly holder: Holder;
  readonly field: FieldPath;
}

/** The volume of an entry's CA bundle. */
export interface VolumeClaim extends Base {
  readonly type: 'volume';
}

/** The variable that holds the value of one secret header of an entry. */
export interface SecretHeaderClaim extends Base {
  readonly type: 'secret-header';
  readonly header: string;
  readonly secret: SecretKeyRef;
  /** Where the header is sent. */
  readonly url: string | undefined;
}

/** The variable in which a vMCP looks for the forwarded headers of a backend; entries that have headers fill it. */
export interface HeadersClaim extends Base {
  readonly type: 'headers';
  readonly backend: string;
  /** The headers that fill the variable; undefined for a backend that only reads it. */
  readonly headers: HeaderForward | undefined;
  /** The server of the backend, as far as the object itself says it. */
  readonly url: string | undefined;
}

/** The variables of the secrets of an auth config that the holder uses. */
export interface AuthClaim extends Base {
  readonly type: 'auth';
  readonly config: string;
  /** The backend that a vMCP's override is for; undefined for its default, and for a member. */
  readonly backend: string | undefined;
  /** The server that the holder calls with the config, as far as the holder itself says it. */
  readonly url: string | undefined;
  /** The servers of a vMCP's own backends that it calls with the config. */
  readonly backendUrls: readonly string[];
}

/** A name that ToolHive derives from the name of an object, and that should be the object's alone. */
export type Claim = VolumeClaim | SecretHeaderClaim | HeadersClaim | AuthClaim;

/**
 * Claims of one type on a key that are compared with others. Names of thousands of members can be made to normalise alike, and
 * a vMCP can have thousands of backends of such names.
 */
export const MAX_RIVALS = 20;

const NAME = 'metadata.name';
const HEADERS = 'spec.headerForward.addHeadersFromSecret';
const AUTH = 'spec.outgoingAuth';

function sendsHeaders({ plaintext, fromSecret, tooMany }: HeaderForward): boolean {
  return (
    tooMany !== undefined ||
    Object.keys(plaintext).length > 0 ||
    fromSecret.some(({ secret }) => secret !== undefined)
  );
}

function volumeClaim(entry: McpServerEntry): VolumeClaim {
  return { type: 'volume', key: operatorCaVolumeName(entry.metadata.name), holder: entry, field: NAME };
}

function secretHeaderClaims(entry: McpServerEntry): SecretHeaderClaim[] {
  const claims: SecretHeaderClaim[] = [];
  // ToolHive ignores a header without a reference.
  for (const [index, { headerName: header, secret }] of (entry.headers?.fromSecret ?? []).entries())
    if (secret !== undefined)
      claims.push({
        type: 'secret-header',
        key: operatorSecretHeaderEnv(header, entry.metadata.name),
        holder: entry,
        field: child(headerItem(HEADERS, index, header), 'headerName'),
        header,
        secret,
        url: entry.remoteUrl,
      });
  return claims;
}

function memberHeaders(member: Exclude<Holder, VirtualMcpServer>): HeadersClaim {
  const { name } = member.metadata;
  // A proxy sends its headers itself, so they are not in the vMCP's environment.
  const headers = member.kind === 'MCPServerEntry' ? member.headers : undefined;
  return {
    type: 'headers',
    key: headerManifestEnv(name),
    holder: member,
    field: NAME,
    backend: name,
    headers: headers && sendsHeaders(headers) ? headers : undefined,
    url: member.kind === 'MCPServer' ? undefined : member.remoteUrl,
  };
}

/** The key of the claims through an auth config and through those whose variables have the same names. */
export function authKey(config: string): string {
  return `auth ${normalise(config)}`;
}

function authClaim(
  holder: Holder,
  config: string,
  place: FieldPath,
  { backend, backendUrls = [] }: Partial<Pick<AuthClaim, 'backend' | 'backendUrls'>> = {},
): AuthClaim {
  const field = child(place, 'externalAuthConfigRef.name');
  const url =
    holder.kind === 'MCPServerEntry' || holder.kind === 'MCPRemoteProxy' ? holder.remoteUrl : undefined;
  return { type: 'auth', key: authKey(config), holder, field, config, backend, url, backendUrls };
}

function memberClaims(member: Exclude<Holder, VirtualMcpServer>): Claim[] {
  const claims: Claim[] = member.kind === 'MCPServerEntry' ? secretHeaderClaims(member) : [];
  if (member.kind === 'MCPServerEntry' && member.caBundle !== undefined) claims.push(volumeClaim(member));
  claims.push(memberHeaders(member));
  if (member.authConfig !== undefined) claims.push(authClaim(member, member.authConfig, 'spec'));
  return claims;
}

/**
 * A vMCP's own backends by the override that is for them; under `undefined` those that the default is for. In static mode
 * ToolHive replaces these backends.
 */
function ownBackends({ source, backends, backendAuth }: VirtualMcpServer) {
  return Map.groupBy(source === 'inline' ? [] : backends, ({ name }) =>
    Object.hasOwn(backendAuth, name) ? name : undefined,
  );
}

/** The choices of auth that name a config: the default, then the overrides. */
function choiceClaims(vmcp: VirtualMcpServer): AuthClaim[] {
  const { defaultAuth, backendAuth } = vmcp;
  const backends = ownBackends(vmcp);
  const claim = (place: FieldPath, choice: BackendAuthChoice | undefined, backend?: string) => {
    if (choice?.type !== 'externalAuthConfigRef' || choice.authConfig === undefined) return [];
    const backendUrls = (backends.get(backend) ?? []).map(({ url }) => url);
    return [authClaim(vmcp, choice.authConfig, place, { backend, backendUrls })];
  };
  return [
    ...claim(`${AUTH}.default`, defaultAuth),
    ...Object.entries(backendAuth).flatMap(([name, choice]) =>
      claim(mapValue(`${AUTH}.backends`, name, shownKey(name, backendAuth)), choice, name),
    ),
  ];
}

function backendClaims(vmcp: VirtualMcpServer): HeadersClaim[] {
  return vmcp.backends.map(({ name, url }, index) => ({
    type: 'headers',
    key: headerManifestEnv(name),
    holder: vmcp,
    field: child(listItem('spec.config.backends', index, name), 'name'),
    backend: name,
    headers: undefined,
    url,
  }));
}

/** Every name that ToolHive derives from the object. */
export function claimsOf(holder: Holder): readonly Claim[] {
  return holder.kind === 'VirtualMCPServer'
    ? [...choiceClaims(holder), ...backendClaims(holder)]
    : memberClaims(holder);
}
