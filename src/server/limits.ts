/** Every time and size limit of the server. Times in milliseconds, sizes in bytes. */

const SECOND = 1_000;
const KIB = 1_024;
const MIB = 1_024 * KIB;

export const TIMING = {
  /** The deadline of a review whose caller names none; the default of the API server. */
  reviewTimeout: 10 * SECOND,
  /** The longest deadline that a caller may name; the most that a webhook configuration allows. */
  maxReviewTimeout: 30 * SECOND,
  /** The API server keeps idle connections for 90 s. A server that closes them earlier races with the next request. */
  keepAlive: 120 * SECOND,
  /** A TLS handshake, and then the head of a request, must arrive within this. Idle time between requests does not count. */
  head: 10 * SECOND,
  /** One whole request. A body has the deadline of its review besides, which is earlier. */
  request: 35 * SECOND,
  /** How long the connection stays open after an unread body was refused, so that the caller can read the answer. */
  linger: SECOND,
  /** After SIGTERM: not ready, still serving, `Connection: close` on every response. */
  drain: 10 * SECOND,
  /** After the drain: how long reviews in flight may take before their connections are cut. */
  closeDeadline: 10 * SECOND,
  /** How often certificate files are read. File events are not used: those of a swapped symlink go stale. */
  certificatePoll: SECOND / 2,
  /** How often the log repeats that there is no usable certificate. */
  certificateReminder: 30 * SECOND,
  /** How long a log line may wait to be written together with others. */
  logDelay: 100,
  /** At the end of the process: how long to wait for the reader of the log. */
  logFlush: SECOND,
  /** One request to the health port. */
  healthRequest: 5 * SECOND,
  /** How often overdue requests are looked for; the default of Node is 30 s. */
  requestCheck: SECOND,
} as const;

export const LIMITS = {
  /** The largest AdmissionReview: object and oldObject of 3 MiB each, which is twice what etcd stores, and the rest. */
  body: 7 * MIB,
  /** The part of each body that counts towards no shared limit, so that small reviews pass while large ones are refused. */
  freeBody: 32 * KIB,
  /** What all bodies in flight may hold together beyond their free parts, as bytes and then as the values in them. */
  allBodies: 32 * MIB,
  /** Values in one body; the largest honest reviews have a third of this. */
  values: 500_000,
  /** Memory of a parsed value: measured 20 to 60 bytes for the densest JSON. */
  bytesPerValue: 48,
  /** Reviews in flight; beyond this a quick 429 is better than a queue. */
  reviews: 256,
  /** Open connections; at the limit each new one takes the place of another. Each takes about 110 KiB of buffers for TLS. */
  connections: 512,
  /** Open connections of the health port. */
  healthConnections: 128,
  /** Log bytes that wait for a slow reader; further lines are dropped rather than a review delayed. */
  logBacklog: 4 * MIB,
  /** Log bytes that are written at once. A write costs about 50 µs, half of a denial, so some sixty lines share it. */
  logBatch: 48 * KIB,
} as const;
