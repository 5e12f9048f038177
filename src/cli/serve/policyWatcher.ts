import { oneAtATime } from '../../concurrency/oneAtATime.ts';
import { exceptionsOver, exceptionText } from '../../rules/findings/exceptions.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { policyDocument } from '../../rules/policy/policyFile.ts';
import { selectsByLabels } from '../../rules/policy/scopes.ts';
import { withoutEffect } from '../../rules/policy/withoutEffect.ts';
import type { ReadyCheck } from '../../server/health.ts';
import type { Log } from '../../server/log.ts';
import type { Meter } from '../../server/metrics/meter.ts';
import type { LoadedPolicy } from '../shared/policyOption.ts';

/** Logs a policy that takes effect, as its file has it, and its parts that never can. */
export function logPolicy(policy: Policy, log: Log): void {
  log.info({ policy: policy.document ?? 'default' }, 'policy in effect');
  const parts = withoutEffect(policy);
  if (parts.length > 0) log.warn({ parts }, 'parts of the policy have no effect');
}

export interface PolicyWatcherDeps {
  readonly file: string;
  readonly load: () => Promise<LoadedPolicy>;
  /** Why a policy cannot be used in this cluster, e.g. for want of a right; undefined when it can. */
  readonly obstacle: (policy: Policy) => Promise<string | undefined>;
  readonly log: Log;
  /** Reviews follow this policy from now on. */
  readonly use: (policy: Policy) => void;
  readonly now: () => Date;
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
  #policy: Policy;
  /** The last version that was read, as text: a policy, or its problems. */
  #seen: string;
  #problem: string | undefined;
  /** Why the policy of the start cannot be used; the replica is not ready until it can. */
  #unready: string | undefined;
  /** The exceptions whose end was logged. */
  #told: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /** @param policy the version with which serving starts */
  constructor(deps: PolicyWatcherDeps, policy: Policy) {
    this.#deps = deps;
    this.#policy = policy;
    this.#seen = JSON.stringify(policyDocument(policy));
    if (selectsByLabels(policy))
      this.#unready = 'it is not known yet whether labels of namespaces can be read';
  }

  /** The line of `/readyz`: ready once the policy of the start can be used, and why the file is not in effect, if so. */
  readonly check: ReadyCheck = {
    name: 'policy',
    problem: () => this.#unready,
    note: () =>
      this.#problem === undefined ? this.#overNote() : `the one before stays in effect: ${this.#problem}`,
  };

  /** Whether the last version of the file is the one in effect, and how many exceptions still are. */
  state() {
    const over = exceptionsOver(this.#policy, this.#deps.now()).length;
    const all = [...this.#policy.exceptions.values()].flat().length;
    return { current: this.#problem === undefined, exceptions: { active: all - over, over } };
  }

  addGauges(meter: Meter): void {
    meter.gauge(
      'policy_current',
      'Whether the policy in effect is the last version of its file; 0 while that version cannot be used.',
      () => Number(this.state().current),
    );
    meter.gauges(
      'policy_exceptions',
      'Exceptions of the policy, by state; those that are over have no effect any more.',
      ['state'],
      () => Object.entries(this.state().exceptions).map(([state, count]) => [{ state }, count] as const),
    );
  }

  start(): void {
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), this.#deps.poll).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads now, or waits for the read that is under way: an older version must not come in after a newer one. Never rejects. */
  readonly refresh = oneAtATime(() => this.#read());

  async #read(): Promise<void> {
    if (this.#unready !== undefined) this.#unready = await this.#deps.obstacle(this.#policy);
    const loaded = await this.#loadUsable();
    this.#take(loaded);
    this.#tellExceptions();
  }

  async #loadUsable(): Promise<LoadedPolicy> {
    const loaded = await this.#deps.load();
    if (!loaded.ok || JSON.stringify(policyDocument(loaded.policy)) === this.#seen) return loaded;
    const obstacle = await this.#deps.obstacle(loaded.policy);
    return obstacle === undefined ? loaded : { ok: false, problems: [`${this.#deps.file}: ${obstacle}`] };
  }

  #take(loaded: LoadedPolicy): void {
    const { file, log, use } = this.#deps;
    const seen = JSON.stringify(loaded.ok ? policyDocument(loaded.policy) : loaded.problems);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#problem = loaded.ok ? undefined : loaded.problems.join('; ');
    if (loaded.ok) {
      this.#policy = loaded.policy;
      this.#unready = undefined;
      use(loaded.policy);
      logPolicy(loaded.policy, log);
    } else log.warn({ file, problems: loaded.problems }, 'policy not loaded; the one before stays in effect');
  }

  /** Logs each exception once when it is over. */
  #tellExceptions(): void {
    const over = exceptionsOver(this.#policy, this.#deps.now()).map(exceptionText);
    const news = over.filter((text) => !this.#told.has(text));
    this.#told = new Set(over);
    if (news.length > 0) this.#deps.log.warn({ exceptions: news }, 'exceptions of the policy are over');
  }

  #overNote(): string | undefined {
    const over = exceptionsOver(this.#policy, this.#deps.now());
    return over.length === 0
      ? undefined
      : `exceptions are over and have no effect: ${over.map(exceptionText).join('; ')}`;
  }
}
