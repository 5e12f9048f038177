import type { Member, NamespaceView } from '../../catalog/catalog.ts';
import { remember } from '../../remember.ts';
import { type Claim, claimsOf, type Holder, MAX_RIVALS } from './claims.ts';

/** What the conflict check asks about the other objects of the namespace. */
export type Neighbours = Pick<
  NamespaceView,
  'members' | 'virtualServersOf' | 'authConfig' | 'authConfigsLike' | 'usersOf'
>;

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}

/** The claims of a stored object by key, made once for the object. */
const claimsByKey = remember((holder: Holder) => {
  const index = new Map<string, Claim[]>();
  for (const claim of claimsOf(holder)) append(index, claim.key, claim);
  return index;
});

/**
 * The keys that a member claims, made once for the member: after a change in a group of 10,000 the index of the group is
 * made anew in 12 ms instead of 30.
 */
const keysOf = remember((holder: Holder) => claimsOf(holder).map(({ key }) => key));

/**
 * The members of a group by the keys that they claim. Made once for the same members, so that a review costs the same in a
 * group of ten and of a thousand.
 */
const membersByKey = remember((members: readonly Member[]) => {
  const index = new Map<string, Holder[]>();
  for (const member of members) for (const key of keysOf(member)) append(index, key, member);
  return index;
});

/** The first claims of each type. Of those on the headers of a backend, some with and some without headers: these conflict. */
function firstRivals(claims: readonly Claim[]): readonly Claim[] {
  if (claims.length <= MAX_RIVALS) return claims;
  const counts = new Map<string, number>();
  return claims.filter((claim) => {
    // The configs of auth claims are compared, each once.
    if (claim.type === 'auth') return true;
    const type = claim.type === 'headers' ? `headers ${claim.headers !== undefined}` : claim.type;
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return count <= MAX_RIVALS;
  });
}

const NO_MEMBERS: ReadonlyMap<string, readonly Holder[]> = new Map();

function isSame(a: Holder, b: Holder): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name;
}

/**
 * The claims that end in the same environment variables as those of a holder: those of the group's members, and for a member
 * those of the vMCPs that serve the group. Two vMCPs of one group have an environment each. The holder's own claims and
 * those of its stored version are left out.
 */
export class Environment {
  readonly #holder: Holder;
  readonly #members: ReadonlyMap<string, readonly Holder[]>;
  readonly #vmcps: readonly Holder[];
  /** A vMCP may have thousands of backends with one key, so what is claimed by others is looked up once. */
  readonly #rivals = new Map<string, readonly Claim[]>();

  constructor(holder: Holder, neighbours: Neighbours) {
    const { group, kind } = holder;
    this.#holder = holder;
    this.#members = group === undefined ? NO_MEMBERS : membersByKey(neighbours.members(group));
    this.#vmcps =
      group === undefined || kind === 'VirtualMCPServer' ? [] : neighbours.virtualServersOf(group);
  }

  /** The claims of others on a key, of each type the first {@link MAX_RIVALS}; nearly always there are none. */
  rivals(key: string): readonly Claim[] {
    return this.#rivals.get(key) ?? this.#find(key);
  }

  #find(key: string): readonly Claim[] {
    const found: Claim[] = [];
    const claimsOn = (holder: Holder) => claimsByKey(holder).get(key) ?? [];
    for (const member of this.#members.get(key) ?? [])
      if (!isSame(member, this.#holder)) for (const claim of claimsOn(member)) found.push(claim);
    for (const vmcp of this.#vmcps) for (const claim of claimsOn(vmcp)) found.push(claim);
    const rivals = firstRivals(found);
    this.#rivals.set(key, rivals);
    return rivals;
  }
}
