import { oneLine } from '../../text/line.ts';
import type { StoredKind } from '../../toolhive/kinds.ts';
import type { RuleId } from '../index.ts';
import type { Policy } from '../policy/policy.ts';
import type { Finding } from './verdict.ts';

/** Permission of the platform team for one object to break one rule, until a date. */
export interface Exception {
  readonly rule: RuleId;
  readonly namespace: string;
  readonly name: string;
  /** Undefined for objects of any kind with the name. */
  readonly kind?: StoredKind | undefined;
  /** The last day of the exception in UTC, `YYYY-MM-DD`. */
  readonly until: string;
  readonly reason: string;
}

const DAY = 86_400_000;

/** True after the last day of the exception. */
export function isOver({ until }: Exception, now: Date): boolean {
  return now.getTime() >= Date.parse(until) + DAY;
}

/** All exceptions of a policy that are over. */
export function exceptionsOver({ exceptions }: Pick<Policy, 'exceptions'>, now: Date): Exception[] {
  return [...exceptions.values()].flat().filter((exception) => isOver(exception, now));
}

/** `remote-url-private for payments/billing, until 2026-12-31 (reason)`. */
export function exceptionText({ rule, namespace, name, until, reason }: Exception): string {
  return oneLine(`${rule} for ${namespace}/${name}, until ${until} (${reason})`);
}

/** What exceptions are for. */
export interface ExceptionSubject {
  readonly kind: StoredKind;
  readonly namespace: string;
  readonly name: string;
}

/** The policy for one object: a rule with an exception warns where it would deny. The policy itself when there is none. */
export function withExceptions(policy: Policy, subject: ExceptionSubject, now: Date): Policy {
  if (policy.exceptions.size === 0) return policy;
  const { kind, namespace, name } = subject;
  const own = (policy.exceptions.get(`${namespace}/${name}`) ?? []).filter(
    (exception) =>
      (exception.kind === undefined || exception.kind === kind) && policy.levels[exception.rule] === 'deny',
  );
  if (own.length === 0) return policy;
  const levels = { ...policy.levels };
  const excepted = new Map<RuleId, Exception & { readonly over: boolean }>();
  for (const exception of own) {
    const over = isOver(exception, now);
    // Of two for one rule the one that still holds counts.
    if (excepted.get(exception.rule)?.over === false) continue;
    excepted.set(exception.rule, { ...exception, over });
    if (!over) levels[exception.rule] = 'warn';
  }
  return { ...policy, levels, excepted };
}

/** A finding that says what an exception makes of it; others stay as they are. */
export function withException(finding: Finding, { excepted }: Policy): Finding {
  const exception = excepted?.get(finding.rule);
  if (exception === undefined) return finding;
  const { until, reason, over } = exception;
  if (!over)
    return {
      ...finding,
      exception,
      detail: oneLine(`allowed by an exception until ${until} (${reason}): ${finding.detail}`),
    };
  const after = `; its exception ended on ${until}`;
  return {
    ...finding,
    detail: oneLine(`${finding.detail}${after}`),
    message: oneLine(`${finding.message}${after}`),
  };
}
