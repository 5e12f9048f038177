import { AsyncLocalStorage } from 'node:async_hooks';
import type { TracingSettings } from './environment.ts';
import { Exporter, type ExportObserver } from './exporter.ts';
import { type Attributes, isSampled, newSpanId, newTraceId, parseTraceparent, type Span } from './span.ts';

/** Milliseconds in which waiting spans are sent when the process ends. */
const DRAIN = 2_000;

/** Spans of one review at most; an injection may read hundreds of objects. */
const MAX_SPANS = 128;

/** The trace of one review. */
export interface ReviewTrace {
  /** A step that began at a moment of `performance.now()` and ends now. */
  record(name: string, begin: number): void;
  /** Runs a step; what is traced meanwhile is below it. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Ends the review: later calls change nothing. */
  end(attributes: Attributes, error?: string): void;
}

/** The span that is running. */
interface Running {
  readonly trace: Trace;
  readonly spanId: string;
}

const running = new AsyncLocalStorage<Running>();

class Trace implements ReviewTrace {
  readonly #traceId: string;
  readonly #parentId: string | undefined;
  readonly #rootId = newSpanId();
  readonly #name: string;
  /** Milliseconds since 1970 at the moment 0 of `performance.now()`. */
  readonly #epoch = Date.now() - performance.now();
  readonly #start = performance.now();
  readonly #spans: Span[] = [];
  readonly #export: (spans: readonly Span[]) => void;
  #ended = false;

  constructor(
    name: string,
    ids: { readonly traceId: string; readonly parentId: string | undefined },
    add: (spans: readonly Span[]) => void,
  ) {
    this.#name = name;
    this.#traceId = ids.traceId;
    this.#parentId = ids.parentId;
    this.#export = add;
  }

  record(name: string, begin: number): void {
    this.#add({ name, begin, spanId: newSpanId(), parentId: this.#rootId, attributes: {}, error: undefined });
  }

  step<T>(name: string, work: () => Promise<T>, attributes: Attributes = {}): Promise<T> {
    const above = running.getStore();
    const parentId = above?.trace === this ? above.spanId : this.#rootId;
    const [spanId, begin] = [newSpanId(), performance.now()];
    const done = (error?: string) => this.#add({ name, begin, spanId, parentId, attributes, error });
    return running.run({ trace: this, spanId }, work).then(
      (value) => {
        done();
        return value;
      },
      (error: unknown) => {
        done(error instanceof Error ? error.name : 'error');
        throw error;
      },
    );
  }

  end(attributes: Attributes, error?: string): void {
    if (this.#ended) return;
    this.#add({
      name: this.#name,
      begin: this.#start,
      spanId: this.#rootId,
      parentId: this.#parentId,
      attributes,
      error,
    });
    this.#ended = true;
    this.#export(this.#spans);
  }

  #add(span: Omit<Span, 'traceId' | 'isServer' | 'start' | 'end'> & { readonly begin: number }): void {
    const { begin, ...rest } = span;
    const isServer = span.spanId === this.#rootId;
    if (this.#ended || (!isServer && this.#spans.length >= MAX_SPANS)) return;
    this.#spans.push({
      ...rest,
      isServer,
      traceId: this.#traceId,
      start: this.#epoch + begin,
      end: this.#epoch + performance.now(),
    });
  }
}

/** A step of the review that is running here; only the work when none is traced. */
export function tracedStep<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const above = running.getStore();
  return above ? above.trace.step(name, work, attributes) : work();
}

/** Takes the times of reviews and exports them. */
export class Tracer {
  readonly #settings: TracingSettings;
  readonly #exporter: Exporter;

  constructor(settings: TracingSettings, observer: ExportObserver) {
    this.#settings = settings;
    this.#exporter = new Exporter(settings, observer);
  }

  /** Begins the trace of a review, as a part of its caller's; undefined when it is not recorded. */
  begin(name: string, traceparent: string | undefined): ReviewTrace | undefined {
    const parent = parseTraceparent(traceparent);
    const traceId = parent?.traceId ?? newTraceId();
    if (!isSampled(this.#settings.sampler, parent, traceId)) return undefined;
    return new Trace(name, { traceId, parentId: parent?.spanId }, (spans) => this.#exporter.add(spans));
  }

  /** Sends what waits, and gives up after so many milliseconds. Never rejects. */
  stop(withinMs = DRAIN): Promise<void> {
    return this.#exporter.stop(withinMs);
  }
}
