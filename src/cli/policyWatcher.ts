import type { Policy } from '../rules/policy/policy.ts';
import { policyDocument } from '../rules/policy/policyFile.ts';
import type { ReadyCheck } from '../server/health.ts';
import type { Log } from '../server/log.ts';
import { loadPolicy } from './policyOption.ts';

export interface PolicyWatcherDeps {
  readonly file: string;
  readonly log: Log;
  /** Reviews follow this policy from now on. */
  readonly use: (policy: Policy) => void;
  /** Milliseconds between two reads. */
  readonly poll: number;
}

/**
 * Reads the policy file again and again, and uses each new good version. A ConfigMap that is mounted changes by a symlink, so
 * the file is read, not watched. A version that cannot be used leaves the one before in effect; why is logged once, and
 * {@link PolicyWatcher.check} says it as long as it lasts.
 */
export class PolicyWatcher {
  readonly #deps: PolicyWatcherDeps;
  /** The last version that was read, as text: a policy, or its problems. */
  #seen: string;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param policy the version with which serving starts */
  constructor(deps: PolicyWatcherDeps, policy: Policy) {
    this.#deps = deps;
    this.#seen = JSON.stringify(policyDocument(policy));
  }

  /** The line of `/readyz`: always ready, and why the file is not what is in effect, if so. */
  readonly check: ReadyCheck = {
    name: 'policy',
    problem: () => undefined,
    note: () => this.#problem && `the one before stays in effect: ${this.#problem}`,
  };

  start(): void {
    this.#timer = setInterval(() => void this.refresh(), this.#deps.poll).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads now. Never rejects. */
  async refresh(): Promise<void> {
    const { file, log, use } = this.#deps;
    const loaded = await loadPolicy(file);
    const seen = JSON.stringify(loaded.ok ? policyDocument(loaded.policy) : loaded.problems);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#problem = loaded.ok ? undefined : loaded.problems.join('; ');
    if (loaded.ok) {
      use(loaded.policy);
      log.info({ policy: policyDocument(loaded.policy) }, 'policy in effect');
    } else log.warn({ file, problems: loaded.problems }, 'policy not loaded; the one before stays in effect');
  }
}
