import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyShare } from './capacity.ts';
import type { Deadline } from './deadline.ts';
import type { Refusal } from './status.ts';
import { LIMITS } from './timing.ts';

/** A whole body, or why there is none; `gone` means that nobody is left to answer. */
export type ReadBody =
  | { readonly state: 'read'; readonly body: Buffer }
  | { readonly state: 'refused'; readonly refusal: Refusal }
  | { readonly state: 'gone' };

const BUSY: Refusal = {
  code: 429,
  message: 'too many large reviews at a time; try again',
  retryAfter: 1,
};

function tooLarge(limit: number): Refusal {
  return {
    code: 413,
    message: `the body is larger than ${limit} bytes, the most that an AdmissionReview may have`,
  };
}

/** What the headers say against the request, before anything of its body is read. */
export function refuseHeaders(request: IncomingMessage, limit: number = LIMITS.body): Refusal | undefined {
  if (request.method !== 'POST')
    return {
      code: 405,
      message: `${request.method} is not allowed here; reviews are sent with POST`,
      allow: 'POST',
    };
  const type = request.headers['content-type'];
  if (type !== 'application/json' && !(type && /^application\/json[ \t]*(;|$)/i.test(type)))
    return {
      code: 415,
      message: `Content-Type must be application/json, ${type ? 'not what was sent' : 'and there is none'}`,
    };
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return { code: 415, message: 'Content-Encoding is not supported; send the body uncompressed' };
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge(limit);
  return undefined;
}

/**
 * Reads the body, and stops reading as soon as it is too large, there is no memory left for it, or the deadline is near.
 * A request that waits for `100 Continue` gets it here, so not when its headers alone were reason to refuse it.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  share: BodyShare,
  deadline: Pick<Deadline, 'near' | 'whenNear'>,
  limit: number = LIMITS.body,
): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (result: ReadBody) => {
      if (settled) return;
      settled = true;
      deadline.whenNear(undefined);
      // Of a body that was read to its end nothing more comes.
      if (result.state !== 'read') request.off('data', onData).pause();
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) return settle({ state: 'refused', refusal: tooLarge(limit) });
      if (!share.grow(chunk.length)) return settle({ state: 'refused', refusal: BUSY });
      chunks.push(chunk);
    };
    const onEnd = () => {
      const [first] = chunks;
      settle({ state: 'read', body: chunks.length === 1 && first ? first : Buffer.concat(chunks, size) });
    };
    const onGone = () => settle({ state: 'gone' });
    const onAbort = () =>
      settle(
        request.destroyed
          ? { state: 'gone' }
          : {
              state: 'refused',
              refusal: { code: 408, message: 'the body did not arrive within the deadline' },
            },
      );
    if (request.destroyed) return settle({ state: 'gone' });
    if (deadline.near) return onAbort();
    deadline.whenNear(onAbort);
    // Without a listener an aborted request emits no error, and closes all the same.
    request.on('data', onData).on('end', onEnd).on('close', onGone);
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  });
}

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** About how many values a body has: its commas and opening brackets, those in strings too, since it must be quick. */
function countValues(body: Buffer): number {
  let values = 0;
  for (const byte of body) if (byte === COMMA || byte === OPEN_BRACE || byte === OPEN_BRACKET) values++;
  return values;
}

/**
 * Why a body that was read is not parsed: it would become far larger than its bytes, or there is no memory for it now.
 * The share is charged for what it will become. Small bodies are not looked at.
 */
export function refuseParsing(body: Buffer, share: BodyShare, limits = LIMITS): Refusal | undefined {
  if (body.length <= limits.freeBody) return undefined;
  const values = countValues(body);
  if (values > limits.values)
    return { code: 413, message: `the body has more than ${limits.values} values, the most that are read` };
  return share.grow(values * limits.bytesPerValue) ? undefined : BUSY;
}
