import type { Authority, Configuration, Leaf, State, Stored } from './state.ts';

/** How long things live and last, in milliseconds. */
export interface Plan {
  /** How long an old CA stays trusted after the serving certificate of the new one was stored. */
  readonly grace: number;
  /** What is renewed although it is not due. */
  readonly renew?: 'ca' | 'leaf' | undefined;
}

/** One change of the cluster. */
export type Change =
  /** Stores a new CA and its key in front of the CAs of the Secret. */
  | { readonly do: 'make-authority' }
  /** Sets the caBundle of every webhook of a configuration. */
  | { readonly do: 'trust'; readonly configuration: Configuration; readonly authorities: readonly string[] }
  /** Stores a serving certificate of the first CA. `settle`: the API servers must have had time to trust that CA. */
  | { readonly do: 'issue-leaf'; readonly settle: boolean }
  /** Removes every CA but the first from the Secret. */
  | { readonly do: 'retire' };

export type Step = Change | { readonly do: 'nothing'; readonly until: Date };

/** A CA is renewed when a fifth of its life is left, which must be longer than a serving certificate lives. */
const AUTHORITY_SHARE = 4 / 5;
/** A serving certificate is renewed when a third of its life is left. */
const LEAF_SHARE = 2 / 3;

function dueAt(from: Date, notAfter: Date, share: number): Date {
  return new Date(from.getTime() + (notAfter.getTime() - from.getTime()) * share);
}

function authorityDue({ notBefore, notAfter }: Authority): Date {
  return dueAt(notBefore, notAfter, AUTHORITY_SHARE);
}

function leafDue({ madeAt, notAfter }: Leaf): Date {
  return dueAt(madeAt, notAfter, LEAF_SHARE);
}

/** The first change that adds trust: the Secret's CAs, beside whatever the configuration trusts already. */
function missingTrust({ configurations, secret }: State): Change | undefined {
  const needed = secret.authorities.map(({ pem }) => pem);
  for (const configuration of configurations) {
    const bundles = [...configuration.trusted.values()];
    if (bundles.every((bundle) => needed.every((pem) => bundle.includes(pem)))) continue;
    return { do: 'trust', configuration, authorities: [...new Set([...needed, ...bundles.flat()])] };
  }
  return undefined;
}

/** The first change that takes trust away: what only certificates need that no replica serves any more. */
function surplusTrust({ configurations, secret }: State, signer: Authority): Change | undefined {
  if (secret.authorities.length > 1) return { do: 'retire' };
  for (const configuration of configurations)
    if ([...configuration.trusted.values()].some((bundle) => bundle.some((pem) => pem !== signer.pem)))
      return { do: 'trust', configuration, authorities: [signer.pem] };
  return undefined;
}

/** The serving certificate when it need not be replaced. */
function lasting({ leaf }: Stored, signer: Authority, now: Date, { renew }: Plan): Leaf | undefined {
  if (!leaf?.usable || leaf.issuer !== signer.pem || renew === 'leaf') return undefined;
  return now < leafDue(leaf) ? leaf : undefined;
}

function earliest(...dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())));
}

/**
 * The next step of a rotation. Done one after the other, and whatever is interrupted, they keep two things true: every CA of
 * the Secret is trusted before the Secret gets a certificate of it, and an old CA goes only when every replica has had `grace`
 * to take the certificate of the new one.
 */
export function nextStep(state: State, now: Date, plan: Plan): Step {
  const { secret } = state;
  const [signer] = secret.authorities;
  if (!signer || !secret.canSign || now >= authorityDue(signer) || plan.renew === 'ca')
    return { do: 'make-authority' };
  const untrusted = missingTrust(state);
  if (untrusted) return untrusted;
  const leaf = lasting(secret, signer, now, plan);
  // While there is no certificate no replica serves, so there is nothing to wait for.
  if (!leaf)
    return { do: 'issue-leaf', settle: secret.leaf !== undefined && secret.leaf.issuer !== signer.pem };
  const taken = new Date(leaf.madeAt.getTime() + plan.grace);
  const renewal = earliest(leafDue(leaf), authorityDue(signer));
  const surplus = surplusTrust(state, signer);
  if (!surplus) return { do: 'nothing', until: renewal };
  return now < taken ? { do: 'nothing', until: earliest(taken, renewal) } : surplus;
}
