import type { CauseReason } from '../admission/cause.ts';
import { oneLine, prefixed, quoted } from '../text.ts';
import type { RuleId } from './index.ts';
import type { Finding } from './verdict.ts';

/** What a rule says; `detail` is the sentence that stands in causes and warnings alike. */
interface Said {
  readonly rule: RuleId;
  readonly field: string;
  /** The value as it may be shown; absent when it must not be (a secret) or there is none. */
  readonly value?: string;
  /** The raw value when it differs from what may be shown: an update counts as a change when this differs. */
  readonly raw?: string;
  /** Where a secret goes that the finding is about: with another receiver it counts as a change. Never shown. */
  readonly receiver?: string | undefined;
  readonly detail: string;
}

/** `prefix` is what the API server writes before a sentence, of words and of what `quoted` gave. */
function make(said: Said, reason: CauseReason, prefix: string): Finding {
  const { rule, field } = said;
  const detail = oneLine(said.detail);
  const value = said.raw ?? said.value ?? '';
  return {
    rule,
    field,
    reason,
    detail,
    message: prefixed(`${prefix}: `, detail),
    judged: said.receiver === undefined ? value : `${said.receiver}\n${value}`,
  };
}

/** What an update must change for the finding to count as new (ratcheting). Never shown: it holds the raw value. */
export function identityOf({ rule, field, judged, detail }: Finding): string {
  // Without list positions: taking another item out of a list moves this one, but does not change it.
  return `${rule}\n${`${field}\n${detail}`.replace(/\[\d+\]/g, '[]')}\n${judged}`;
}

/** `Invalid value: "x": detail`, as `field.Invalid` of apimachinery prints it. */
export function invalid(said: Said): Finding {
  const shown = said.value === undefined ? '' : `: ${quoted(said.value)}`;
  return make(said, 'FieldValueInvalid', `Invalid value${shown}`);
}

/** `Required value: detail`. */
export function required(said: Said): Finding {
  return make(said, 'FieldValueRequired', 'Required value');
}

/** `Forbidden: detail`. */
export function forbidden(said: Said): Finding {
  return make(said, 'FieldValueForbidden', 'Forbidden');
}

/** `Duplicate value: "x": detail`. */
export function duplicate(said: Said): Finding {
  const shown = said.value === undefined ? '' : `: ${quoted(said.value)}`;
  return make(said, 'FieldValueDuplicate', `Duplicate value${shown}`);
}

/** `Not found: "x": detail`. */
export function notFound(said: Said): Finding {
  return make(said, 'FieldValueNotFound', `Not found: ${quoted(said.value ?? '')}`);
}

/** `Too long: detail`. */
export function tooLong(said: Said): Finding {
  return make(said, 'FieldValueTooLong', 'Too long');
}

/** `Unsupported value: "x": supported values: "a", "b"`. */
export function notSupported(said: Omit<Said, 'detail'>, supported: readonly string[]): Finding {
  const value = quoted(said.value ?? '');
  const choice = `supported values: ${supported.map(quoted).join(', ')}`;
  const detail = `${value} is not supported; ${choice}`;
  const finding = make({ ...said, detail }, 'FieldValueNotSupported', 'Unsupported value');
  // As the API server writes it: without the sentence.
  return { ...finding, message: oneLine(`Unsupported value: ${value}: ${choice}`) };
}
