import type { Attributes, Span } from './span.ts';

/** Source: the enums of `trace.proto` of opentelemetry-proto. */
const KIND = { internal: 1, server: 2 } as const;
const STATUS_ERROR = 2;

const SCOPE = 'vmcp-admission';

function toValue(value: NonNullable<Attributes[string]>): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { intValue: String(Math.round(value)) };
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } };
}

function toAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: toValue(value) }],
  );
}

/** Nanoseconds since 1970 as text, which a JavaScript number cannot hold. */
function toNanos(ms: number): string {
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
}

function toSpan({ traceId, spanId, parentId, name, isServer, start, end, attributes, error }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind: isServer ? KIND.server : KIND.internal,
    startTimeUnixNano: toNanos(start),
    endTimeUnixNano: toNanos(end),
    attributes: toAttributes(attributes),
    ...(error !== undefined && { status: { code: STATUS_ERROR, message: error } }),
  };
}

/**
 * An ExportTraceServiceRequest as JSON. The form is OTLP's own: ids are hex digits, 64-bit numbers are texts.
 * Source: "JSON Protobuf Encoding" of the OTLP specification.
 */
export function toOtlp(spans: readonly Span[], resource: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: toAttributes(resource) },
        scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map(toSpan) }],
      },
    ],
  });
}
