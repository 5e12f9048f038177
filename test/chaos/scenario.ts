import type { ProcessScope } from '../support/processes.ts';

/** One line of the table: what was done, what was measured, and the limit that it had to keep. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly limit: string;
  readonly ok: boolean;
}

/** What a scenario gets. */
export interface ChaosContext {
  /** Processes and a temporary folder that end with the run, also when it is killed. */
  readonly scope: ProcessScope;
  /** The bundle of the webhook, as it is shipped. */
  readonly bundle: string;
  /** Seconds instead of minutes, for a quick look. */
  readonly short: boolean;
  /** Only the steps whose line has this in it, where a scenario can leave steps out. */
  readonly match: string;
  /** Tells who waits at the terminal what happens now. */
  progress(text: string): void;
}

/** Something that happens to webhooks in production, made to happen. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(context: ChaosContext): Promise<readonly Row[]>;
}
