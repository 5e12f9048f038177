import { type Change, nextStep, type Plan } from './nextStep.ts';
import type { Configuration, State, Stored } from './state.ts';

/** Why a rotation cannot go on. The message is a sentence for a person. */
export class RotationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RotationError';
  }
}

/** The cluster as a rotation reads and changes it. */
export interface Cluster {
  configurations(): Promise<readonly Configuration[]>;
  secret(): Promise<Stored>;
  /** Makes a change, which holds for these versions only. False when another writer was faster: nothing was changed. */
  make(change: Change, state: State): Promise<boolean>;
}

/** A rotation's surroundings. */
export interface RotationOptions extends Plan {
  readonly cluster: Cluster;
  readonly now: () => Date;
  /** How long until every API server trusts what was stored in the configurations, in milliseconds. */
  readonly settle: number;
  readonly wait: (ms: number) => Promise<void>;
  readonly report: (event: Change | { readonly do: 'wait' }) => Promise<void>;
}

/** How a rotation ended: when there is something to do next, and the configurations that exist. */
export interface Rotated {
  readonly until: Date;
  readonly configurations: readonly Configuration[];
}

/** More steps than any rotation has, other writers included. */
const MAX_STEPS = 50;

/**
 * Reads the configurations before the Secret. A CA is stored before it is trusted, so a CA that is seen in a configuration is
 * seen in the Secret, too: what is taken from a configuration was never added by a run that the Secret does not show yet.
 */
async function read(cluster: Cluster): Promise<State> {
  const configurations = await cluster.configurations();
  return { configurations, secret: await cluster.secret() };
}

function renews(change: Change, { renew }: Plan): boolean {
  return (
    (renew === 'ca' && change.do === 'make-authority') || (renew === 'leaf' && change.do === 'issue-leaf')
  );
}

/**
 * Does every step that can be done now. It may be interrupted anywhere, and run beside itself. @throws when other writers
 * never let it finish.
 */
export async function rotate(options: RotationOptions): Promise<Rotated> {
  const { cluster, now, settle, wait, report } = options;
  let renew = options.renew;
  /** The CA whose trust was complete before the wait. */
  let settled: string | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const state = await read(cluster);
    const step = nextStep(state, now(), { ...options, renew });
    if (step.do === 'nothing') return { until: step.until, configurations: state.configurations };
    const signer = state.secret.authorities[0]?.pem;
    if (step.do === 'issue-leaf' && step.settle && settled !== signer) {
      await report({ do: 'wait' });
      await wait(settle);
      settled = signer;
      continue;
    }
    if (step.do === 'trust') settled = undefined;
    if (!(await cluster.make(step, state))) continue;
    if (renews(step, { ...options, renew })) renew = undefined;
    await report(step);
  }
  throw new RotationError(
    'other writers changed the Secret or the configurations at every step; run it again',
  );
}
