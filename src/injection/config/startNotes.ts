import type { ConfigProblem } from '../../toolhive/vmcpConfig/typeProblems.ts';
import { type Note, podNote } from '../report/reasons.ts';

/** Problems of a config that the report names; a list of thousands of bad header names is one of them each. */
const MAX_NAMED = 20;

function note(message: string): Note {
  return podNote('vmcp-will-not-start', message);
}

/** Notes about the faults in a config that end the vMCP at start; the first ones are named, the others counted. */
export function startNotes(problems: readonly ConfigProblem[]): Note[] {
  const named = problems
    .slice(0, MAX_NAMED)
    .map(({ path, message }) => note(`${path || 'the config'} ${message}; the vMCP does not start`));
  const more = problems.length - named.length;
  return more > 0 ? [...named, note(`the config has ${more} more such faults`)] : named;
}

/** The first fault that ends the vMCP among the notes of a Pod. */
export function startFault(notes: readonly Note[]): string | undefined {
  return notes.find(({ reason }) => reason === 'vmcp-will-not-start')?.message;
}
