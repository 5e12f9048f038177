import * as z from 'zod';
import { list } from './bounds.ts';

/** A condition of a status. */
export interface Condition {
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason: string;
}

const text = z.string().nullish();

/** The conditions in the status of an object. */
export const statusWire = z
  .object({ conditions: list(z.object({ type: text, status: text, reason: text })).nullish() })
  .nullish();

/** The condition `Valid`, in which ToolHive's controllers say what they think of a spec; undefined when there is none. */
export function validCondition(status: z.infer<typeof statusWire>): Condition | undefined {
  const valid = status?.conditions?.find(({ type }) => type === 'Valid');
  return valid && { status: valid.status ?? '', reason: valid.reason ?? '' };
}
