import { hash } from 'node:crypto';
import type { CauseReason } from '../../admission/cause.ts';
import { oneLine, prefixed, quoted } from '../../text/line.ts';
import { redacted } from '../../text/redact.ts';
import type { RuleId } from '../index.ts';
import { type FieldPath, shownPath, stablePath } from './fieldPath.ts';
import type { Finding, Violation } from './verdict.ts';

/** What makes a violation this one and no other: names, values, URLs. Never shown, since it is hashed. */
export interface ViolationKey {
  readonly parts: readonly (string | undefined)[];
  /** How often the object has it; 1 when absent. */
  readonly times?: number;
}

/** A finding as a check states it; `detail` is the sentence that causes and warnings share. */
interface Said {
  readonly rule: RuleId;
  readonly field: FieldPath;
  /** The value as it may be shown; absent when it must not be (a secret) or there is none. */
  readonly value?: string | undefined;
  /** The raw value when it differs from what may be shown: an update counts as a change when this differs. */
  readonly raw?: string;
  /** Where a secret goes that the finding is about: with another receiver it counts as a change. Never shown. */
  readonly receiver?: string | undefined;
  /**
   * What an update is compared by, beside rule and field. Absent, it is the value, the receiver and the sentence; so a rule
   * whose sentence holds a position or a sum gives its own, and so does one that tells about several violations at once. A
   * function where they may be many: only an update asks.
   */
  readonly violations?: readonly ViolationKey[] | (() => readonly ViolationKey[]) | undefined;
  readonly detail: string;
}

/** The violations of a sentence that names a sum, or the first of several problems; none of its own for another sentence. */
export function counted(count: number | undefined): Pick<Said, 'violations'> {
  return count === undefined ? {} : { violations: [{ parts: ['count'], times: count }] };
}

/** The violations of what a rule says. */
function toViolations(said: Said): Violation[] {
  const { rule, field, value, raw, receiver, detail } = said;
  const { violations = [{ parts: [raw ?? value, receiver, detail] }] } = said;
  const keys = typeof violations === 'function' ? violations() : violations;
  return keys.map(({ parts, times = 1 }) => ({
    identity: hash('sha256', JSON.stringify([rule, stablePath(field), ...parts.map((part) => part ?? null)])),
    times,
  }));
}

/** More of a value than `quoted` shows. */
const MAX_VALUE = 1_000;

/** `: "x"`, the value as a message may show it; empty without a value. */
function shownValue(value: string | undefined): string {
  return value === undefined ? '' : `: ${quoted(redacted(value.slice(0, MAX_VALUE)))}`;
}

/**
 * The finding that a check stated. No word in it that looks like a credential is shown.
 * @param prefix what the API server writes before a sentence; a value in it comes from `shownValue`
 */
function make(said: Said, reason: CauseReason, prefix: string): Finding {
  const line = oneLine(said.detail);
  const shown = redacted(line);
  const detail = shown === line ? line : oneLine(shown);
  return {
    rule: said.rule,
    field: redacted(shownPath(said.field)),
    reason,
    detail,
    message: prefixed(`${prefix}: `, detail),
    violations: () => toViolations(said),
  };
}

/** `Invalid value: "x": detail`, as `field.Invalid` of apimachinery prints it. */
export function invalid(said: Said): Finding {
  return make(said, 'FieldValueInvalid', `Invalid value${shownValue(said.value)}`);
}

/** `Required value: detail`. Also the detail has the prefix: it only says what the value is, not that it is missing. */
export function required(said: Said): Finding {
  const finding = make(said, 'FieldValueRequired', 'Required value');
  return { ...finding, detail: finding.message };
}

/** `Forbidden: detail`. */
export function forbidden(said: Said): Finding {
  return make(said, 'FieldValueForbidden', 'Forbidden');
}

/** `Duplicate value: "x": detail`. */
export function duplicate(said: Said): Finding {
  return make(said, 'FieldValueDuplicate', `Duplicate value${shownValue(said.value)}`);
}

/** `Not found: "x": detail`. */
export function notFound(said: Said): Finding {
  return make(said, 'FieldValueNotFound', `Not found${shownValue(said.value)}`);
}

/** `Too long: detail`. */
export function tooLong(said: Said): Finding {
  return make(said, 'FieldValueTooLong', 'Too long');
}

/** `Unsupported value: "x": supported values: "a", "b"`. */
export function notSupported(said: Omit<Said, 'detail'>, supported: readonly string[]): Finding {
  const value = quoted(redacted((said.value ?? '').slice(0, MAX_VALUE)));
  const choice = `supported values: ${supported.map(quoted).join(', ')}`;
  const detail = `${value} is not supported; ${choice}`;
  const finding = make({ ...said, detail }, 'FieldValueNotSupported', 'Unsupported value');
  // As the API server writes it: without the sentence.
  return { ...finding, message: oneLine(`Unsupported value: ${value}: ${choice}`) };
}
