import type { ConfigProblem } from '../../toolhive/vmcpConfig/typeProblems.ts';
import { type Note, podNote } from '../report/reasons.ts';

/** Problems of a config that the report names; a list of thousands of bad header names is one of them each. */
const MAX_NAMED = 20;

/** Notes about the faults in a config that end the vMCP at start; the first ones are named, the others counted. */
export function startNotes(problems: readonly ConfigProblem[]): Note[] {
  const messages = problems
    .slice(0, MAX_NAMED)
    .map(({ path, message }) => `${path || 'the config'} ${message}; the vMCP does not start`);
  const more = problems.length - messages.length;
  if (more > 0) messages.push(`the config has ${more} more such faults`);
  return messages.map((message) => podNote('vmcp-will-not-start', message));
}

/** The first fault that ends the vMCP among the notes of a Pod. */
export function startFault(notes: readonly Note[]): string | undefined {
  return notes.find(({ reason }) => reason === 'vmcp-will-not-start')?.message;
}
