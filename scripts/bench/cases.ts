import {
  createReview,
  deniedReview,
  foreignPodReview,
  podReview,
  updateReview,
  virtualServerReview,
} from './reviews.ts';

/** An answer that the case must get; a fast wrong one counts for nothing. */
export interface Response {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly details?: { readonly causes?: readonly unknown[] } };
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  readonly path: '/validate' | '/mutate';
  /** The most that the case may cost, as a multiple of the bare server. */
  readonly target: number | undefined;
  /** Measured reviews per round: short rounds, so that the bare server is measured at nearly the same time. */
  readonly count: number;
  readonly review: (index: number) => string;
  /** What is wrong with an answer of ours; undefined when it is right. */
  readonly problem: (response: Response) => string | undefined;
}

const isAllowed = ({ allowed, patch }: Response) =>
  allowed && patch === undefined ? undefined : 'not allowed as it is';

function causes(count: number) {
  return ({ status }: Response) => {
    const found = status?.details?.causes?.length ?? 0;
    return found === count ? undefined : `${found} causes instead of ${count}`;
  };
}

/** The patch carries a config with so many backends. */
function backends(count: number) {
  return ({ patch }: Response) => {
    if (patch === undefined) return 'no patch';
    const text = Buffer.from(patch, 'base64').toString();
    const found = text.split('workload_type:').length - 1;
    return found === count ? undefined : `${found} backends instead of ${count}`;
  };
}

export const CASES: readonly BenchCase[] = [
  {
    name: 'create',
    title: 'validate create, no CA bundle',
    path: '/validate',
    target: 2.2,
    count: 1_200,
    review: (index) => createReview(index),
    problem: isAllowed,
  },
  {
    name: 'create-ca',
    title: 'validate create with CA bundle',
    path: '/validate',
    target: 3.5,
    count: 800,
    review: (index) => createReview(index, `corp-ca-${index % 5}`),
    problem: isAllowed,
  },
  {
    name: 'update',
    title: 'validate update (object and oldObject)',
    path: '/validate',
    target: 1.8,
    count: 1_200,
    review: updateReview,
    problem: isAllowed,
  },
  {
    name: 'denial',
    title: 'denial with seven causes',
    path: '/validate',
    target: 3,
    count: 1_200,
    review: deniedReview,
    problem: causes(7),
  },
  {
    name: 'vmcp',
    title: 'validate a VirtualMCPServer with a whole config',
    path: '/validate',
    target: undefined,
    count: 800,
    review: (index) => virtualServerReview(index),
    problem: isAllowed,
  },
  {
    name: 'vmcp-alone',
    title: 'validate a VirtualMCPServer with a whole config, without references',
    path: '/validate',
    target: 4,
    count: 800,
    review: (index) => virtualServerReview(index, false),
    problem: isAllowed,
  },
  {
    name: 'opted-out',
    title: 'Pod that opted out',
    path: '/mutate',
    target: 1.6,
    count: 1_200,
    review: (index) => podReview(index, 'small', 'team', true),
    problem: isAllowed,
  },
  {
    name: 'foreign',
    title: 'Pod of somebody else',
    path: '/mutate',
    target: 1.6,
    count: 1_200,
    review: foreignPodReview,
    problem: isAllowed,
  },
  {
    name: 'inject-small',
    title: 'inject 20 backends, base config of 1.3 KB',
    path: '/mutate',
    target: 8,
    count: 300,
    review: (index) => podReview(index, 'small', 'team'),
    problem: backends(20),
  },
  {
    name: 'inject-large',
    title: 'inject 20 backends, base config of 13 KB',
    path: '/mutate',
    target: 10,
    count: 300,
    review: (index) => podReview(index, 'large', 'team'),
    problem: backends(20),
  },
  {
    name: 'inject-200',
    title: 'inject 200 backends',
    path: '/mutate',
    target: undefined,
    count: 40,
    review: (index) => podReview(index, 'crowd', 'crowd'),
    problem: backends(200),
  },
];
