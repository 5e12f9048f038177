import { compare } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { headerVariables } from './headers/headerForward.ts';
import type { Pod } from './pod/pod.ts';
import { NO_NAMES } from './pod/variableNames.ts';
import type { Refusal } from './report/reasons.ts';

/**
 * A Pod may have this many bytes as JSON. etcd stores no request of more than 1.5 MiB (`--max-request-bytes`); the rest is
 * for what is added later: managed fields, the status, and the changes of other webhooks.
 */
export const POD_LIMIT = 1_310_720;

/** The most bytes that a UTF-16 unit takes in JSON: a control character is written as `\u0001`. */
const MAX_BYTES_PER_UNIT = 6;
/** More than any number, `null` or boolean takes. */
const SCALAR = 25;

/** The size of a JSON value, or somewhat more. Not recursive, since the unknown parts of a Pod can be nested to any depth. */
function jsonBytes(root: unknown, bytesOf: (text: string) => number): number {
  let bytes = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    // Two brackets or quotes, and what separates a value from the next.
    bytes += 3;
    if (typeof value === 'string') bytes += bytesOf(value);
    else if (typeof value !== 'object' || value === null) bytes += SCALAR;
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else
      for (const key in value) {
        bytes += bytesOf(key) + 3;
        open.push((value as Readonly<Record<string, unknown>>)[key]);
      }
  }
  return bytes;
}

function escapedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/**
 * Returns the size of a Pod as JSON if it is beyond the limit, else undefined. The API server stores protobuf, which is
 * smaller. For nearly every Pod an upper bound suffices: it takes 10 µs for 200 backends, the JSON 87 µs.
 */
export function excessivePodBytes(pod: Pod): number | undefined {
  if (jsonBytes(pod, ({ length }) => MAX_BYTES_PER_UNIT * length) <= POD_LIMIT) return undefined;
  const bytes = jsonBytes(pod, escapedBytes);
  return bytes > POD_LIMIT ? bytes : undefined;
}

/** Backends that are not served because the Pod would be too large with them, by name. */
export type Oversized = ReadonlyMap<string, Refusal>;

/** What a backend adds to the environment and to the config, without the auth. A few bytes more than that do no harm. */
function shareOf(backend: Backend): number {
  const variables = [...headerVariables([backend], NO_NAMES).values()];
  return jsonBytes([variables, backend.url, backend.metadata.system], escapedBytes);
}

/**
 * The backends with the largest shares, as few as make up for the excess, each with its reason.
 * @param bytes the size of the Pod with all of `backends`
 */
export function largestBackends(backends: readonly Backend[], bytes: number): Oversized {
  const byShare = backends
    .map((backend) => ({ backend, share: shareOf(backend) }))
    .sort((a, b) => b.share - a.share || compare(a.backend.name, b.backend.name));
  const largest = new Map<string, Refusal>();
  let excess = bytes - POD_LIMIT;
  for (const { backend, share } of byShare) {
    if (excess <= 0) break;
    excess -= share;
    const message = `the Pod would have ${bytes} bytes, at most ${POD_LIMIT} are allowed, and this is one of its largest backends with ${share} bytes of headers and config; shorten its headers, or move it to another group`;
    largest.set(backend.name, { reason: 'pod-too-large', message });
  }
  return largest;
}
