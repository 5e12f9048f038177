import { getHeapStatistics } from 'node:v8';
import { ApiError } from '../../apiClient/errors.ts';

/** A byte of JSON becomes at most about a byte of model, and the other half of the heap is for reviews. */
const HEAP_SHARE = 0.4;

/** The budget of a process, in bytes of JSON. */
export function shareOfHeap(): number {
  return Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE);
}

function shown(bytes: number): string {
  return `${(bytes / (1_024 * 1_024)).toFixed(1)} MiB`;
}

/**
 * How much the copies of all kinds may hold together: the JSON text of their objects, and 1 KiB for each. Without it the
 * process would end when the heap is full; so it goes on with what it had, and says what to do.
 */
export class Budget {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Throws an ApiError when it is too much. */
  take(bytes: number): void {
    if (this.#used + bytes > this.limit)
      throw new ApiError(
        'too-large',
        `the ToolHive objects of the cluster are larger than ${shown(this.limit)}, the part of the heap that the catalog may use; follow fewer namespaces with --namespaces, or raise the memory limit of the Pod and with it --max-old-space-size in NODE_OPTIONS`,
      );
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
