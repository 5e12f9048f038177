import { gzipSync } from 'node:zlib';
import type { Caller } from './caller.ts';
import { entry, review, verdictOf } from './reviews.ts';

const MIB = 1_048_576;

/** A body, and what has to come of it: `200 allowed`, `200 denied`, or a status code. */
export interface OddBody {
  readonly what: string;
  readonly body: () => Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: string;
}

/** The review of a good entry with one piece of its JSON replaced. */
function withPiece(before: string, after: string): Buffer {
  const text = review(entry('odd', 'team')).body.toString();
  if (!text.includes(before)) throw new Error(`the review has no ${before}`);
  return Buffer.from(text.replace(before, after));
}

const LABELS = '"labels":{"team":"platform"}';

export const ODD_BODIES: readonly OddBody[] = [
  {
    what: 'JSON of 100,000 nested arrays',
    body: () => withPiece(LABELS, `"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    expected: '200 allowed',
  },
  {
    what: 'JSON of 100,000 nested objects',
    body: () => withPiece(LABELS, `"x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    expected: '200 allowed',
  },
  {
    what: '7 MiB of brackets',
    body: () => Buffer.alloc(7 * MIB - 1, '['),
    expected: '413',
  },
  {
    what: 'an array of 3 million numbers in an annotation',
    body: () => withPiece(LABELS, `"x":[${'0,'.repeat(2_999_999)}0]`),
    expected: '413',
  },
  {
    what: '10,000 plaintext headers, each named twice',
    body: () => {
      const headers = Array.from(
        { length: 10_000 },
        (_, index) => `"X-H-${index}":"a","x-h-${index}":"b"`,
      ).join(',');
      return withPiece('"groupRef"', `"headerForward":{"addPlaintextHeaders":{${headers}}},"groupRef"`);
    },
    expected: '200 denied',
  },
  {
    what: 'duplicate keys: the last one counts, as for the API server',
    body: () =>
      withPiece(
        '"remoteUrl":',
        '"remoteUrl":"https://mcp.example.com/","remoteUrl":"http://localhost/","other":',
      ),
    expected: '200 denied',
  },
  {
    what: '`__proto__` in spec and metadata',
    body: () =>
      withPiece(
        LABELS,
        '"__proto__":{"deletionTimestamp":"2026-01-01T00:00:00Z"},"constructor":{"prototype":{}}',
      ),
    expected: '200 allowed',
  },
  {
    what: '`__proto__` that would bring a bad URL past the rules',
    body: () =>
      withPiece(
        '"remoteUrl":"https://mcp.example.com/mcp"',
        '"__proto__":{"remoteUrl":"https://a.example/"}',
      ),
    expected: '200 denied',
  },
  {
    what: 'invalid UTF-8',
    body: () => Buffer.concat([Buffer.from('{"kind":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
    expected: '400',
  },
  {
    what: 'a compressed body',
    body: () => gzipSync(review(entry('odd', 'team')).body),
    headers: { 'Content-Encoding': 'gzip' },
    expected: '415',
  },
  { what: 'an empty body', body: () => Buffer.alloc(0), expected: '400' },
  { what: 'a body over 7 MiB', body: () => Buffer.alloc(7 * MIB + 1, ' '), expected: '413' },
];

/** Sends one odd body; the answer in the words of {@link OddBody.expected}. */
export async function sendOdd(caller: Caller, odd: OddBody): Promise<{ answer: string; ms: number }> {
  const body = odd.body();
  const from = performance.now();
  try {
    const answer = await caller.send(body, '/validate', odd.headers);
    const verdict = () => (verdictOf(answer.body).allowed ? '200 allowed' : '200 denied');
    return {
      answer: answer.status === 200 ? verdict() : String(answer.status),
      ms: performance.now() - from,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { answer: code ?? message, ms: performance.now() - from };
  }
}
