import type { ServerResponse } from 'node:http';
import { type Fault, isWatch } from './faultProxy.ts';

/** A fault with its line in the table. */
export interface NamedFault {
  readonly what: string;
  readonly fault: Fault;
}

function statusBody(code: number, reason: string): string {
  const message = 'made up by the fault proxy';
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });
}

/** Every request is answered with an HTTP status. */
function answering(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return {
    answer: (_request, response) => {
      response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
      response.end(statusBody(code, reason));
      return true;
    },
  };
}

/** Watches are accepted and get these bytes; everything else is passed on. */
function watching(write: (response: ServerResponse) => void): Fault {
  return {
    answer: (request, response) => {
      if (!isWatch(request)) return false;
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      write(response);
      return true;
    },
  };
}

const GONE = `${JSON.stringify({ type: 'ERROR', object: JSON.parse(statusBody(410, 'Expired')) })}\n`;
const HALF_EVENT = '{"type":"ADDED","object":{"metadata":{"name":"half","names';

/** Everything that the proxy can do, in the order of the table. */
export const FAULTS: readonly NamedFault[] = [
  { what: 'connections are reset', fault: { connections: 'reset' } },
  { what: 'connections hang, half-open', fault: { connections: 'freeze' } },
  { what: 'every request gets 500', fault: answering(500, 'InternalError') },
  { what: 'every request gets 503', fault: answering(503, 'ServiceUnavailable') },
  {
    what: 'every request gets 429 with Retry-After: 3',
    fault: answering(429, 'TooManyRequests', { 'Retry-After': '3' }),
  },
  { what: 'every request gets 401', fault: answering(401, 'Unauthorized') },
  { what: 'every request gets 403', fault: answering(403, 'Forbidden') },
  { what: 'every watch gets 410 Gone as an event', fault: watching((response) => response.end(GONE)) },
  {
    what: 'every watch gets 410 Gone as its status',
    fault: {
      answer: (request, response) =>
        isWatch(request) ? (answering(410, 'Expired').answer?.(request, response) ?? false) : false,
    },
  },
  {
    what: 'a list in pages expires midway, and watches are gone',
    fault: {
      answer: (request, response) => {
        if (isWatch(request)) {
          response.writeHead(200, { 'Content-Type': 'application/json' });
          response.end(GONE);
          return true;
        }
        if (!/[?&]continue=/.test(request.url ?? '')) return false;
        return answering(410, 'Expired').answer?.(request, response) ?? false;
      },
    },
  },
  {
    what: 'lists are cut in the middle, watches in the middle of an event',
    fault: {
      ...watching((response) => response.end(HALF_EVENT)),
      list: (body) => body.subarray(0, Math.floor(body.length / 2)),
    },
  },
  {
    what: 'lists and events are no JSON',
    fault: {
      ...watching((response) => response.end('{"type":"ADDED","object":}\n<html>\n')),
      list: () => Buffer.from('<html>bad gateway</html>'),
    },
  },
  {
    what: 'lists are empty objects, events have no object',
    fault: {
      ...watching((response) => response.end('{"type":"ADDED"}\n{}\n')),
      list: () => Buffer.from('{}'),
    },
  },
  { what: 'watches are accepted and stay silent', fault: watching(() => {}) },
  { what: 'every watch ends at once', fault: watching((response) => response.end()) },
];
