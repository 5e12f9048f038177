import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

/** A span as a collector gets it. */
export interface SinkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status?: { readonly code: number; readonly message?: string };
}

/** A trace collector that keeps what it gets. */
export interface OtlpSink {
  readonly server: Server;
  readonly spans: readonly SinkSpan[];
  /** Attributes of the resource that was told last. */
  readonly resource: () => Readonly<Record<string, unknown>>;
  readonly requests: readonly {
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[];
}

interface Pair {
  readonly key: string;
  readonly value: { readonly arrayValue?: { readonly values: readonly object[] } };
}

const plain = (value: Pair['value'] | object): unknown =>
  'arrayValue' in value && value.arrayValue ? value.arrayValue.values.map(plain) : Object.values(value)[0];

function toRecord(pairs: readonly Pair[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

/** Returns a collector that does not listen yet; `status` is what it answers. */
export function otlpSink(status: () => number = () => 200): OtlpSink {
  const spans: SinkSpan[] = [];
  const requests: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  let resource: Readonly<Record<string, unknown>> = {};
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ url: request.url ?? '', headers: request.headers, body });
    response.writeHead(status()).end('{}');
    if (status() !== 200) return;
    for (const one of JSON.parse(body).resourceSpans) {
      resource = toRecord(one.resource.attributes);
      for (const scope of one.scopeSpans)
        for (const span of scope.spans) spans.push({ ...span, attributes: toRecord(span.attributes) });
    }
  });
  return { server, spans, requests, resource: () => resource };
}
