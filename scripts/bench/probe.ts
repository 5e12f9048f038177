/** What the benchmark may ask a measured server (probe.mjs). `watchLoop` ends with the next question. */
export type Question =
  | { readonly ask: 'usage' }
  | { readonly ask: 'watchLoop' }
  /** Everything that is garbage is collected first. */
  | { readonly ask: 'collect' }
  | { readonly ask: 'profile' }
  | { readonly ask: 'saveProfile'; readonly file: string };

/** What a server has used since its start. CPU in microseconds, memory in bytes, event-loop delay in milliseconds. */
export interface Usage {
  readonly cpu: number;
  readonly rss: number;
  readonly heap: number;
  /** The longest that the event loop was held up since `watchLoop`; 0 when it was not watched. */
  readonly loopMax: number;
}
