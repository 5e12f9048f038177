/** Where and how spans are exported: what the OpenTelemetry variables say. Durations in milliseconds. */
export interface TracingSettings {
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly sampler: Sampler;
  /** Attributes of the resource, `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
}

/** Which reviews are traced: all of a share, or as the caller's trace says and a share of the others. */
export interface Sampler {
  readonly followsParent: boolean;
  /** From 0 (none) to 1 (all). */
  readonly ratio: number;
}

/** The settings, undefined when nothing is to be traced; and variables that are not used as they are written. */
export interface ReadTracing {
  readonly settings: TracingSettings | undefined;
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_TIMEOUT = 10_000;
/** Longer than any caller of a collector waits; in milliseconds. */
const MAX_TIMEOUT = 60_000;

/** The samplers of the specification, with the share of those that take no argument. */
const SAMPLERS: ReadonlyMap<string, Sampler | 'ratio'> = new Map<string, Sampler | 'ratio'>([
  ['always_on', { followsParent: false, ratio: 1 }],
  ['always_off', { followsParent: false, ratio: 0 }],
  ['traceidratio', 'ratio'],
  ['parentbased_always_on', { followsParent: true, ratio: 1 }],
  ['parentbased_always_off', { followsParent: true, ratio: 0 }],
  ['parentbased_traceidratio', 'ratio'],
]);

function readSampler(environment: Environment, problems: string[]): Sampler {
  const name = environment.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const known = SAMPLERS.get(name);
  if (known === undefined) {
    problems.push(
      `OTEL_TRACES_SAMPLER must be one of ${[...SAMPLERS.keys()].join(', ')}; parentbased_always_on is used`,
    );
    return { followsParent: true, ratio: 1 };
  }
  if (known !== 'ratio') return known;
  const written = environment.OTEL_TRACES_SAMPLER_ARG || '1';
  const ratio = Number(written);
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) problems.push('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; 1 is used');
  return { followsParent: name.startsWith('parentbased'), ratio: isRatio ? ratio : 1 };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}

/** `key=value,key2=value2` with percent-encoded values. The values may be secrets, so a problem shows none. */
function readPairs(variable: string, environment: Environment, problems: string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const item of (environment[variable] ?? '').split(',')) {
    if (item.trim() === '') continue;
    const at = item.indexOf('=');
    const key = at > 0 ? decoded(item.slice(0, at)) : undefined;
    const value = decoded(item.slice(at + 1));
    if (key && value !== undefined) pairs[key] = value;
    else problems.push(`${variable} must be a list such as key=value,key2=value2; one item is left out`);
  }
  return pairs;
}

const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of the general variable and, before them, of the one for traces. */
function readHeaders(environment: Environment, problems: string[]): Record<string, string> {
  const all = {
    ...readPairs('OTEL_EXPORTER_OTLP_HEADERS', environment, problems),
    ...readPairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS', environment, problems),
  };
  const usable = Object.entries(all).filter(
    ([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value),
  );
  if (usable.length < Object.keys(all).length)
    problems.push('OTEL_EXPORTER_OTLP_HEADERS has a header that HTTP does not allow; it is left out');
  return Object.fromEntries(usable);
}

function readTimeout(environment: Environment, problems: string[]): number {
  const written = environment.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT || environment.OTEL_EXPORTER_OTLP_TIMEOUT;
  if (!written) return DEFAULT_TIMEOUT;
  const timeout = Number(written);
  if (Number.isInteger(timeout) && timeout > 0 && timeout <= MAX_TIMEOUT) return timeout;
  problems.push(
    `OTEL_EXPORTER_OTLP_TIMEOUT must be milliseconds from 1 to ${MAX_TIMEOUT}; ${DEFAULT_TIMEOUT} is used`,
  );
  return DEFAULT_TIMEOUT;
}

/** The variable and the URL of the endpoint: the one for traces as it is, the general one with the path of traces. */
function readEndpoint({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
  OTEL_EXPORTER_OTLP_ENDPOINT: general,
}: Environment): { readonly variable: string; readonly text: string } | undefined {
  if (traces) return { variable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', text: traces };
  if (!general) return undefined;
  return { variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', text: `${general.replace(/\/+$/, '')}/v1/traces` };
}

function toEndpoint(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && !url.username && !url.password
    ? url
    : undefined;
}

/**
 * Reads the variables of OpenTelemetry's specification. One that cannot be used never stops the start: they are often set for
 * a whole cluster. Problems name variables and show no values, which may be secrets.
 */
export function readTracing(environment: Environment, version: string): ReadTracing {
  const found = readEndpoint(environment);
  const isOff =
    environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none';
  if (isOff || found === undefined) return { settings: undefined, problems: [] };
  const endpoint = toEndpoint(found.text);
  if (endpoint === undefined)
    return {
      settings: undefined,
      problems: [
        `${found.variable} must be an http or https URL without user information; nothing is traced`,
      ],
    };
  const problems: string[] = [];
  const protocol =
    environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json';
  if (protocol !== 'http/json')
    problems.push('OTEL_EXPORTER_OTLP_PROTOCOL: only http/json is spoken, and is used (usual port 4318)');
  const attributes = readPairs('OTEL_RESOURCE_ATTRIBUTES', environment, problems);
  const name = environment.OTEL_SERVICE_NAME || attributes['service.name'] || 'vmcp-admission';
  const settings = {
    endpoint,
    headers: readHeaders(environment, problems),
    timeout: readTimeout(environment, problems),
    sampler: readSampler(environment, problems),
    resource: { 'service.version': version, ...attributes, 'service.name': name },
  };
  return { settings, problems };
}
