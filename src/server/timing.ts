/**
 * Every time and size limit of the server, in one place, so that deploy/ and tests can be compared with it.
 * Times in milliseconds, sizes in bytes.
 */

const SECOND = 1_000;
const KIB = 1_024;
const MIB = 1_024 * KIB;

export const TIMING = {
  /** The deadline of a review whose caller names none; the API server's own default. */
  reviewTimeout: 10 * SECOND,
  /** The longest that a caller may ask for; also the longest that the API server lets anybody configure. */
  maxReviewTimeout: 30 * SECOND,
  /** How late the end of a review's time may be noticed. Nobody can configure less than a second. */
  deadlineSweep: 20,
  /** The API server keeps idle connections for 90 s; closing ours earlier races with its next request. */
  keepAlive: 120 * SECOND,
  /** Above keepAlive, or a connection could be cut while the next request's headers arrive. */
  headers: 125 * SECOND,
  /** One whole request; node:http wants it at or above `headers`. A body has the review's deadline besides. */
  request: 130 * SECOND,
  /** A TLS handshake, and then the first request, must arrive within this: nobody connects without one to send. */
  firstRequest: 10 * SECOND,
  /** How long the connection stays open after a body was refused, so that the answer is read before the reset. */
  linger: SECOND,
  /** After SIGTERM: not ready, still serving, `Connection: close` on every response, until no caller is left. */
  drain: 10 * SECOND,
  /** After that: how long reviews in flight may still take before their connections are cut. */
  closeDeadline: 10 * SECOND,
  /** How often the certificate folder is read when no file event comes; a symlink's events go stale. */
  certificatePoll: 5 * SECOND,
  /** Files that are written one after the other are read once, after the last. */
  certificateSettle: 200,
  /** While there is no certificate yet, how often that is said. */
  certificateReminder: 30 * SECOND,
  /** How long a line may wait for others to be written with. */
  logDelay: 50,
  /** At the end of the process: how long log lines that nobody reads are waited for. */
  logFlush: SECOND,
  /** One request to the health port. */
  healthRequest: 5 * SECOND,
  /** How often that is looked after; Node's own 30 s would let a slow one stay six times as long. */
  healthRequestCheck: SECOND,
} as const;

export const LIMITS = {
  /** The largest AdmissionReview: object and oldObject of 3 MiB each, which is twice what etcd stores, and the rest. */
  body: 7 * MIB,
  /** The part of each body that counts towards no shared limit, so that small reviews pass while large ones are refused. */
  freeBody: 32 * KIB,
  /** What all bodies in flight may hold together beyond their free parts, as bytes and then as the objects in them. */
  allBodies: 32 * MIB,
  /** Values in one body; the largest honest reviews have a third of it. */
  values: 500_000,
  /** What a parsed value takes: measured 20 to 60 bytes for the worst that JSON can say in a few bytes. */
  bytesPerValue: 48,
  /** Reviews that are being worked on; beyond this a quick 429 is better than a queue. */
  reviews: 256,
  /** Reviews that are decided together; far below `reviews`, since those that decide at once never take many places. */
  cohort: 16,
  /** Open connections; at the limit the one that has been idle longest makes room. */
  connections: 1_024,
  /**
   * Where most connections have sent no whole request, one whose request began longer ago than this makes room. Honest
   * bodies take milliseconds, so a younger one is not taken for a slow one.
   */
  arrivingRequest: SECOND / 2,
  /** A request that is older than this may lose its connection when room is needed. */
  busyConnection: 5 * SECOND,
  /** Header lines per request. */
  headerLines: 100,
  /** Open connections of the health port. */
  healthConnections: 128,
  /** Log bytes that wait for a slow reader; further lines are dropped rather than a review delayed. */
  logBacklog: 4 * MIB,
  /** Log bytes that are written at once: a write takes as long as a small review. */
  logBatch: 4 * KIB,
} as const;
