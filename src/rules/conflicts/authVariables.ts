import { remember } from '../../remember.ts';
import { quoted } from '../../text/line.ts';
import { type AuthSecret, authSecrets } from '../../toolhive/authSecrets.ts';
import type { McpExternalAuthConfig } from '../../toolhive/models/authConfig.ts';
import { normalise } from '../../toolhive/names.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { forbidden, type ViolationKey } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import { type AuthClaim, authKey, claimsOf } from './claims.ts';
import { Environment, type Neighbours } from './environment.ts';
import { andMore, secretWords, userWords } from './words.ts';

export const authVariableRules = {
  'auth-env-collision': deny(
    'The secrets of different auth configs must go into different variables.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'VirtualMCPServer',
    'MCPExternalAuthConfig',
  ),
};

/** A Secret that the use of an auth config puts into a variable. */
interface Filling {
  readonly claim: AuthClaim;
  readonly secret: AuthSecret;
}

/** What fills the variables of like-named configs in one environment: by variable, each Secret once. */
type Fillings = Map<string, Map<string, Filling>>;

const secretsOf = remember((config: McpExternalAuthConfig) => authSecrets(config));

function refKey({ ref }: AuthSecret): string {
  return `${ref.name}/${ref.key}`;
}

/** True when another config has variables of the same names. Nearly always there is none, and nothing more is looked at. */
function hasLike(name: string, neighbours: Neighbours): boolean {
  return neighbours.authConfigsLike(name).some(({ metadata }) => metadata.name !== name);
}

/** The Secrets that the claims bring into their environment; those of one config are added once. */
function fillingsOf(claims: Iterable<AuthClaim>, neighbours: Neighbours): Fillings {
  const fillings: Fillings = new Map();
  const seen = new Set<string>();
  for (const claim of claims) {
    const config = seen.has(claim.config) ? undefined : neighbours.authConfig(claim.config);
    seen.add(claim.config);
    for (const secret of config ? secretsOf(config) : []) {
      const ofVariable = fillings.get(secret.prefix) ?? new Map<string, Filling>();
      fillings.set(secret.prefix, ofVariable);
      ofVariable.set(refKey(secret), { claim, secret });
    }
  }
  return fillings;
}

/** All uses of like-named configs in an environment: those of other holders, then the holder's own. */
function usesOf(key: string, own: readonly AuthClaim[], environment: Environment): AuthClaim[] {
  const others = environment.rivals(key).filter((claim) => claim.type === 'auth');
  return [...others, ...own.filter((claim) => claim.key === key)];
}

/** The other Secrets that would be in the variable of a secret: the first one, and how many there are. */
interface Rivals {
  readonly first: Filling;
  readonly count: number;
}

/** The rivals of a secret. One is looked for, and the others are counted: thousands of configs can share a variable. */
function rivalsOf(secret: AuthSecret, fillings: Fillings): Rivals | undefined {
  const mine = refKey(secret);
  const ofVariable = fillings.get(secret.prefix);
  if (ofVariable === undefined) return undefined;
  const count = ofVariable.size - Number(ofVariable.has(mine));
  for (const [key, first] of ofVariable) if (key !== mine) return { first, count };
  return undefined;
}

/** Where a secret of a config is sent: its token endpoint, or else the server of the config's user. */
function receiverWords({ endpoint }: AuthSecret, claim: AuthClaim): string {
  return endpoint === undefined
    ? userWords(claim)
    : `the token endpoint of ${quoted(claim.config)}, used by ${userWords(claim)}`;
}

/** What an update of the config itself is compared by. */
function leaked({ claim, secret: { ref, endpoint, prefix } }: Filling): ViolationKey['parts'] {
  return [prefix, claim.config, ref.name, ref.key, endpoint];
}

/** The same for an update of its user, who says to which servers the secret goes when it goes to no token endpoint. */
function leakedTo(filling: Filling, times: number): ViolationKey[] {
  const { url, backendUrls, holder } = filling.claim;
  const parts = [...leaked(filling), url, holder.group];
  const servers = filling.secret.endpoint === undefined ? backendUrls : [];
  return [{ parts, times }, ...servers.map((server) => ({ parts: [...parts, server], times }))];
}

/**
 * Two auth configs whose variables have one name, in one environment. The operator makes one variable, and one of the two
 * Secrets is sent in place of the other.
 */
function toFinding(
  { claim, secret }: Filling,
  rivals: Rivals | undefined,
  field: FieldPath,
  violations: (times: number) => readonly ViolationKey[],
): Finding[] {
  if (rivals === undefined) return [];
  const { first, count } = rivals;
  const { ref, prefix } = secret;
  const other = first.claim;
  return [
    forbidden({
      rule: 'auth-env-collision',
      field,
      violations: () => violations(count),
      detail: `MCPExternalAuthConfig ${quoted(claim.config)} and ${quoted(other.config)}${andMore(count)}, both used in group ${quoted(claim.holder.group ?? '')}, share the variable ${prefix}${normalise(claim.config)}: ${secretWords(ref)} would be sent to ${receiverWords(first.secret, other)}, or ${secretWords(first.secret.ref)} to ${receiverWords(secret, claim)}; rename one of the two configs`,
    }),
  ];
}

/** The auth configs that an object uses, against those that are used beside it and the others that it uses itself. */
export function checkAuthVariables(
  claims: readonly AuthClaim[],
  environment: Environment,
  neighbours: Neighbours,
): Finding[] {
  const known = new Map<string, Fillings>();
  return claims.flatMap((claim) => {
    const config = hasLike(claim.config, neighbours) ? neighbours.authConfig(claim.config) : undefined;
    if (config === undefined) return [];
    const { key, field } = claim;
    const fillings = known.get(key) ?? fillingsOf(usesOf(key, claims, environment), neighbours);
    known.set(key, fillings);
    return secretsOf(config).flatMap((secret) => {
      const filling = { claim, secret };
      return toFinding(filling, rivalsOf(secret, fillings), field, (times) => leakedTo(filling, times));
    });
  });
}

/** The use of an auth config in one environment, and what else fills the variables there. */
interface Use {
  readonly claim: AuthClaim;
  readonly others: Fillings;
}

/** The first use of an auth config in each environment: the members of a group share one. */
function usesByEnvironment(name: string, neighbours: Neighbours): Use[] {
  const uses = new Map<string, Use>();
  for (const user of neighbours.usersOf(name)) {
    const id = user.kind === 'VirtualMCPServer' ? `vmcp ${user.metadata.name}` : `group ${user.group}`;
    const own = uses.has(id) ? [] : claimsOf(user).filter((claim) => claim.type === 'auth');
    const claim = own.find(({ config }) => config === name);
    if (claim === undefined) continue;
    const all = usesOf(authKey(name), own, new Environment(user, neighbours));
    const others = all.filter(({ config }) => config !== name);
    uses.set(id, { claim, others: fillingsOf(others, neighbours) });
  }
  return [...uses.values()];
}

/** An auth config against the others whose variables have the same names, wherever both are used. */
export function checkConfigVariables(config: McpExternalAuthConfig, neighbours: Neighbours): Finding[] {
  const { name } = config.metadata;
  const uses = hasLike(name, neighbours) ? usesByEnvironment(name, neighbours) : [];
  return authSecrets(config).flatMap((secret) => {
    const met = uses.flatMap(({ claim, others }) => {
      const rivals = rivalsOf(secret, others);
      return rivals === undefined ? [] : [{ claim, rivals }];
    });
    const [use] = met;
    if (use === undefined) return [];
    const filling = { claim: use.claim, secret };
    const count = met.reduce((sum, { rivals }) => sum + rivals.count, 0);
    return toFinding(filling, { first: use.rivals.first, count }, 'metadata.name', (times) => [
      { parts: leaked(filling), times },
    ]);
  });
}
