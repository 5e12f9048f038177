import { oneAtATime } from '../concurrency/oneAtATime.ts';
import type { TracingSettings } from './environment.ts';
import { toOtlp } from './otlp.ts';
import type { Span } from './span.ts';

/** Spans that wait at most; further ones are dropped. Source: OTEL_BSP_MAX_QUEUE_SIZE of the specification, as the next two. */
const MAX_QUEUE = 2_048;
/** Spans in one request. */
const MAX_BATCH = 512;
/** Milliseconds between two requests. */
const DELAY = 5_000;

/** What became of spans. `problem` is one sentence without values of settings. */
export interface ExportObserver {
  exported(spans: number): void;
  dropped(spans: number, problem: string): void;
}

/** Why a request failed, in words that hold nothing of the endpoint or its headers. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return 'no answer within OTEL_EXPORTER_OTLP_TIMEOUT';
  if (error.name === 'AbortError') return 'the process ends';
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : error.name;
}

/**
 * Sends spans as OTLP/HTTP in JSON, in batches. Nothing waits for it: what cannot be sent is dropped, at once when the queue
 * is full, and a batch when its request fails.
 */
export class Exporter {
  readonly #settings: TracingSettings;
  readonly #observer: ExportObserver;
  readonly #stopped = new AbortController();
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: TracingSettings, observer: ExportObserver) {
    this.#settings = settings;
    this.#observer = observer;
  }

  add(spans: readonly Span[]): void {
    const room = MAX_QUEUE - this.#queue.length;
    if (spans.length > room) {
      this.#observer.dropped(spans.length, 'too many spans wait');
      return;
    }
    this.#queue.push(...spans);
    if (this.#queue.length >= MAX_BATCH) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), DELAY).unref();
  }

  /** Sends what waits and ends, after so many milliseconds in any case. Never rejects. */
  async stop(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stopped.abort(), withinMs);
    await this.#flush();
    clearTimeout(timer);
    this.#stopped.abort();
  }

  readonly #sendWaiting = oneAtATime(() => this.#sendAll());

  /** Sends batches until nothing waits. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#sendWaiting();
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, MAX_BATCH);
      this.#queue = this.#queue.slice(MAX_BATCH);
      const problem = await this.#send(batch);
      if (problem === undefined) this.#observer.exported(batch.length);
      else this.#observer.dropped(batch.length, problem);
    }
  }

  /** Returns why the batch was not taken. */
  async #send(batch: readonly Span[]): Promise<string | undefined> {
    const { endpoint, headers, timeout, resource } = this.#settings;
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        redirect: 'error',
        headers: { ...headers, 'content-type': 'application/json' },
        body: toOtlp(batch, resource),
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeout)]),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `HTTP status ${response.status}`;
    } catch (error) {
      return problemOf(error);
    }
  }
}
