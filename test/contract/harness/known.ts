/** A difference between ToolHive and this project that is meant. */
export interface Known {
  /** Matches the message of the side that refuses. */
  readonly says: RegExp;
  readonly why: string;
}

export function isKnown(known: readonly Known[], message = ''): boolean {
  return known.some(({ says }) => says.test(message));
}

/** What is wrong inside a Cedar policy. */
export const CEDAR: Known = {
  says: /cedarv1 authorizer: failed to parse (?:policy|entities JSON)/,
  why: 'Of a Cedar policy only the form is judged: a parser for it weighs more than the rest of the webhook.',
};
