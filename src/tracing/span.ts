import { randomBytes } from 'node:crypto';
import type { Sampler } from './environment.ts';

/** What a span says beside its times. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A finished span. Times in milliseconds since 1970. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** Whether it answers a call from outside; every other one is a step inside. */
  readonly isServer: boolean;
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** Why it failed; undefined when it did not. */
  readonly error: string | undefined;
}

/** The caller's place in its trace. */
export interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
const SAMPLED = 1;

/** Reads a `traceparent` header; undefined when there is none or it is invalid. Source: W3C Trace Context, section 3.2. */
export function parseTraceparent(header: string | undefined): Parent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(header ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

const randomId = (bytes: number) => randomBytes(bytes).toString('hex');
export const newTraceId = () => randomId(16);
export const newSpanId = () => randomId(8);

/** The hex digits of a trace id that are compared with a share: 52 bits, which a number holds exactly. */
const DIGITS = 13;

/** Whether a trace is recorded. Every process decides alike about one trace id. */
export function isSampled(
  { followsParent, ratio }: Sampler,
  parent: Parent | undefined,
  traceId: string,
): boolean {
  if (followsParent && parent) return parent.sampled;
  return Number.parseInt(traceId.slice(-DIGITS), 16) < ratio * 16 ** DIGITS;
}
