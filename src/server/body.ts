import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyShare } from './capacity.ts';
import type { Deadline } from './deadline.ts';
import { LIMITS } from './limits.ts';
import type { Refusal } from './status.ts';

/** A whole body, or why there is none; `gone`: the caller has closed the connection. */
export type ReadBody =
  | { readonly state: 'read'; readonly body: Buffer }
  | { readonly state: 'refused'; readonly refusal: Refusal }
  | { readonly state: 'gone' };

const BUSY: Refusal = {
  code: 429,
  message: 'too many large reviews at a time; try again',
  retryAfter: 1,
};

const LATE: Refusal = { code: 408, message: 'the body did not arrive within the deadline' };

const TOO_LARGE: Refusal = {
  code: 413,
  message: `the body is larger than ${LIMITS.body} bytes, the limit for an AdmissionReview`,
};

/** Why a request is refused for its method and headers, before anything of its body is read. */
export function refuseHeaders(request: IncomingMessage): Refusal | undefined {
  if (request.method !== 'POST')
    return {
      code: 405,
      message: `${request.method} is not allowed; send AdmissionReviews with POST`,
      allow: 'POST',
    };
  const type = request.headers['content-type'];
  if (type !== 'application/json' && !(type && /^application\/json[ \t]*(;|$)/i.test(type)))
    return {
      code: 415,
      message: type
        ? 'Content-Type must be application/json; the request has another one'
        : 'Content-Type must be application/json; the request has none',
    };
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return { code: 415, message: 'Content-Encoding is not supported; send the body uncompressed' };
  return Number(request.headers['content-length'] ?? 0) > LIMITS.body ? TOO_LARGE : undefined;
}

/**
 * Reads the body. Stops reading when the body is too large, when no memory is left for it, or when the deadline is near.
 * A request that waits for `100 Continue` receives it here, so only after its head was accepted.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  share: BodyShare,
  deadline: Deadline,
): Promise<ReadBody> {
  return new Promise((resolve) => {
    let size = 0;
    const settle = (result: ReadBody) => {
      deadline.whenNear(undefined);
      resolve(result);
    };
    const refuse = (refusal: Refusal) => {
      request.off('data', onData).pause();
      settle({ state: 'refused', refusal });
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > LIMITS.body) refuse(TOO_LARGE);
      else if (!share.add(chunk)) refuse(BUSY);
    };
    if (request.destroyed) return settle({ state: 'gone' });
    deadline.whenNear(() => (request.destroyed ? settle({ state: 'gone' }) : refuse(LATE)));
    // Without a listener an aborted request emits no error, and closes all the same.
    request.on('data', onData);
    request.on('end', () => settle({ state: 'read', body: share.join() }));
    request.on('close', () => settle({ state: 'gone' }));
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  });
}

/**
 * An upper bound of the number of values in a body: its commas and opening brackets, those in strings included. The count ends
 * when it is over the limit.
 */
function countValues(body: Buffer): number {
  let values = 0;
  for (const mark of Buffer.from(',{['))
    for (let at = body.indexOf(mark); at >= 0 && values <= LIMITS.values; at = body.indexOf(mark, at + 1))
      values++;
  return values;
}

/**
 * Why a body is not parsed: its values would take far more memory than its bytes, or there is no memory for them now.
 * The share grows by what the values take. Small bodies are not checked.
 */
export function refuseParsing(body: Buffer, share: BodyShare): Refusal | undefined {
  if (body.length <= LIMITS.freeBody) return undefined;
  const values = countValues(body);
  if (values > LIMITS.values)
    return { code: 413, message: `the body has more than ${LIMITS.values} values, the limit` };
  return share.grow(values * LIMITS.bytesPerValue) ? undefined : BUSY;
}
