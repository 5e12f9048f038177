import type { GroupMembers, NamespaceView } from '../../catalog/catalog.ts';
import { remember } from '../../remember.ts';
import type { McpExternalAuthConfig } from '../../toolhive/authConfig.ts';
import { type AuthSecret, authSecrets } from '../../toolhive/authSecrets.ts';
import { normalise } from '../../toolhive/names.ts';
import {
  type AuthClaim,
  authKey,
  type Claim,
  claimsOf,
  type HeadersClaim,
  type Holder,
  type SecretHeaderClaim,
  type VolumeClaim,
} from './claims.ts';

/** What the check asks about the other objects of the namespace. */
export type Neighbours = Pick<
  NamespaceView,
  'members' | 'virtualServersOf' | 'authConfig' | 'authConfigsLike' | 'usersOf'
>;

/** One variable that two auth configs fill from different Secrets. */
export interface SharedSecret {
  readonly variable: string;
  readonly mine: AuthSecret;
  readonly other: AuthSecret;
}

/** Two claims of one kind on one name: the object's own, and one of another object or of the same one. */
interface Pair<Type extends string, C extends Claim> {
  readonly type: Type;
  readonly mine: C;
  readonly other: C;
}

/** Two claims on one name that ToolHive cannot satisfy both. */
export type Conflict =
  | Pair<'volume', VolumeClaim>
  | Pair<'secret-header', SecretHeaderClaim>
  | Pair<'headers', HeadersClaim>
  | (Pair<'auth', AuthClaim> & { readonly shared: readonly SharedSecret[] });

/** As many rivals of one claim are reported: they show which name to change. */
const MAX_RIVALS = 5;

function isSame(a: Holder, b: Holder): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name;
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}

/** The keys that an object claims. Made once for an object: a change of a group makes new ones for one member only. */
const keysOf = remember((holder: Holder) => claimsOf(holder).map(({ key }) => key));

/**
 * The members of a group by the keys that they claim. Made once for the same members, so that a review costs the same in a
 * group of ten and of a thousand.
 */
const membersByKey = remember(({ servers, remoteProxies, entries }: GroupMembers) => {
  const index = new Map<string, Holder[]>();
  for (const member of [...servers, ...remoteProxies, ...entries])
    for (const key of keysOf(member)) append(index, key, member);
  return index;
});

/** The claims of a stored object by key; a vMCP may have thousands of backends. */
const claimsByKey = remember((holder: Holder) => {
  const index = new Map<string, Claim[]>();
  for (const claim of claimsOf(holder)) append(index, claim.key, claim);
  return index;
});

/**
 * The claims on a key in the environment of a holder, without its own: those of the group's members, and for a member those
 * of the vMCPs that serve the group. Two vMCPs of one group have an environment each. The stored version of the holder is
 * left out.
 */
function* claimsBeside(holder: Holder, key: string, neighbours: Neighbours): Generator<Claim> {
  if (holder.group === undefined) return;
  for (const member of membersByKey(neighbours.members(holder.group)).get(key) ?? [])
    if (!isSame(member, holder)) yield* claimsByKey(member).get(key) ?? [];
  if (holder.kind === 'VirtualMCPServer') return;
  for (const vmcp of neighbours.virtualServersOf(holder.group)) yield* claimsByKey(vmcp).get(key) ?? [];
}

/** True when both URLs are of one scheme, host and port. */
function sameServer(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !URL.canParse(a) || !URL.canParse(b)) return false;
  return new URL(a).origin === new URL(b).origin;
}

/**
 * True when headers of one backend would be sent to the other. A vMCP's own backend with the name and the server of an
 * entry is that entry, written down twice.
 */
function mixesHeaders(mine: HeadersClaim, other: HeadersClaim): boolean {
  if (mine.headers === undefined && other.headers === undefined) return false;
  const configured = mine.holder.kind === 'VirtualMCPServer' || other.holder.kind === 'VirtualMCPServer';
  return !(configured && mine.backend === other.backend && sameServer(mine.url, other.url));
}

/** The variables that two auth configs fill from different Secrets. */
function sharedSecrets(mine: McpExternalAuthConfig, other: McpExternalAuthConfig): SharedSecret[] {
  const others = new Map(authSecrets(other).map((secret) => [secret.prefix, secret]));
  const name = normalise(mine.metadata.name);
  return authSecrets(mine).flatMap((secret) => {
    const theirs = others.get(secret.prefix);
    if (!theirs || (theirs.ref.name === secret.ref.name && theirs.ref.key === secret.ref.key)) return [];
    return [{ variable: secret.prefix + name, mine: secret, other: theirs }];
  });
}

/** The conflict of two claims on one name, if there is one. Which of the two is the object's own does not matter. */
function conflictOf(mine: Claim, other: Claim): Conflict | undefined {
  if (mine.type === 'volume' && other.type === 'volume') return { type: 'volume', mine, other };
  if (mine.type === 'secret-header' && other.type === 'secret-header')
    return { type: 'secret-header', mine, other };
  if (mine.type === 'headers' && other.type === 'headers' && mixesHeaders(mine, other))
    return { type: 'headers', mine, other };
  return undefined;
}

/** Claims of the object that come before the one that is looked at, by key. */
type Own = Map<string, Claim[]>;

function* rivalsOf(claim: Claim, key: string, own: Own, neighbours: Neighbours): Generator<Claim> {
  yield* own.get(key) ?? [];
  yield* claimsBeside(claim.holder, key, neighbours);
}

/** The conflicts of a claim with the first claims of other holders on its name. */
function nameConflicts(claim: Claim, own: Own, neighbours: Neighbours): Conflict[] {
  const conflicts = new Map<string, Conflict>();
  for (const rival of rivalsOf(claim, claim.key, own, neighbours)) {
    const { kind, metadata } = rival.holder;
    const rivalName = [kind, metadata.name, rival.type === 'headers' ? rival.backend : ''].join(' ');
    const conflict = conflicts.has(rivalName) ? undefined : conflictOf(claim, rival);
    if (conflict) conflicts.set(rivalName, conflict);
    if (conflicts.size === MAX_RIVALS) break;
  }
  return [...conflicts.values()];
}

/** The conflict of the use of one auth config with the first use of another one in the same environment. */
function authConflict(
  mine: AuthClaim,
  shared: readonly SharedSecret[],
  rival: string,
  own: Own,
  neighbours: Neighbours,
): Conflict[] {
  if (shared.length === 0) return [];
  for (const other of rivalsOf(mine, authKey(rival), own, neighbours))
    if (other.type === 'auth') return [{ type: 'auth', mine, other, shared }];
  return [];
}

/** The other auth configs whose variables have the same names. Nearly always there is none. */
function configsLike(name: string, neighbours: Neighbours): McpExternalAuthConfig[] {
  return neighbours.authConfigsLike(name).filter(({ metadata }) => metadata.name !== name);
}

function authConflicts(claim: AuthClaim, own: Own, neighbours: Neighbours): Conflict[] {
  const config = neighbours.authConfig(claim.config);
  if (config === undefined) return [];
  return configsLike(claim.config, neighbours)
    .flatMap((rival) =>
      authConflict(claim, sharedSecrets(config, rival), rival.metadata.name, own, neighbours),
    )
    .slice(0, MAX_RIVALS);
}

/** The conflicts of each claim of an object with others, and with the claims of the object that come before it. */
function holderConflicts(holder: Holder, neighbours: Neighbours): Conflict[] {
  const own: Own = new Map();
  return claimsOf(holder).flatMap((claim) => {
    const conflicts =
      claim.type === 'auth' ? authConflicts(claim, own, neighbours) : nameConflicts(claim, own, neighbours);
    append(own, claim.key, claim);
    return conflicts;
  });
}

/** The first conflict of an auth config with another one, where one environment holds the secrets of both. */
function meeting(
  config: McpExternalAuthConfig,
  rival: McpExternalAuthConfig,
  neighbours: Neighbours,
): Conflict[] {
  const { name } = config.metadata;
  const shared = sharedSecrets(config, rival);
  for (const user of shared.length > 0 ? neighbours.usersOf(name) : []) {
    const own: Own = claimsByKey(user);
    for (const claim of own.get(authKey(name)) ?? []) {
      const found =
        claim.type === 'auth' ? authConflict(claim, shared, rival.metadata.name, own, neighbours) : [];
      if (found.length > 0) return found;
    }
  }
  return [];
}

/** The conflicts of an auth config with the others whose variables have the same names. */
function configConflicts(config: McpExternalAuthConfig, neighbours: Neighbours): Conflict[] {
  return configsLike(config.metadata.name, neighbours)
    .flatMap((rival) => meeting(config, rival, neighbours))
    .slice(0, MAX_RIVALS);
}

/**
 * The names that an object would share with others of its group, or has twice itself. The answer is the same whichever of
 * two objects is stored first. Pure.
 */
export function conflictsOf(
  candidate: Holder | McpExternalAuthConfig,
  neighbours: Neighbours,
): readonly Conflict[] {
  return candidate.kind === 'MCPExternalAuthConfig'
    ? configConflicts(candidate, neighbours)
    : holderConflicts(candidate, neighbours);
}
