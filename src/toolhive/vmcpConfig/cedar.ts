import { isRecord, itemsAt, scalarAt } from '../../kubernetes/record.ts';
import { readPolicy } from '../cedar/parse.ts';
import type { ConfigProblem } from './typeProblems.ts';

/** How many wrong policies are reported. Each costs an error with a stack trace, and one is enough to end the vMCP. */
const MAX_WRONG = 100;
/** Characters of all policies of a list together: each token costs a third of a microsecond, and all are read in one go. */
const MAX_TEXT = 256 * 1_024;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** `line 2, column 5` of a position. */
function place(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Why the vMCP cannot read a Cedar policy; undefined when it can. */
export function policyFault(text: string): string | undefined {
  const read = readPolicy(text);
  return read.ok ? undefined : `is not a valid Cedar policy: ${place(text, read.at)}: ${read.error}`;
}

/** Where something begins behind the first policy of a text, which the vMCP ignores; undefined when nothing does. */
export function behindPolicy(text: string): string | undefined {
  const read = readPolicy(text);
  return read.ok && read.rest !== undefined ? place(text, read.rest) : undefined;
}

/** The items of a list of policies that are read; undefined when they are too long together. */
export function readPolicies<T extends readonly [number, unknown]>(
  items: readonly T[],
): readonly T[] | undefined {
  let length = 0;
  for (const [, policy] of items) if (typeof policy === 'string') length += policy.length;
  return length > MAX_TEXT ? undefined : items;
}

function entitiesFault(text: string): string | undefined {
  let entities: unknown;
  try {
    entities = JSON.parse(text);
  } catch {
    return 'must be JSON: a list of entities';
  }
  if (entities === null) return undefined;
  if (!Array.isArray(entities)) return 'must be a JSON list of entities';
  // Go takes null for an entity, and for its uid.
  const index = entities.findIndex(
    (entity) => entity !== null && (!isRecord(entity) || !isRecord(entity.uid ?? {})),
  );
  return index < 0
    ? undefined
    : `must be a JSON list of entities, but item ${index} is not an object whose uid is {"type": …, "id": …}`;
}

/** What ends the vMCP in `incomingAuth.authz` of type cedar. Of entities only the shape is judged. */
export function cedarProblems(authz: unknown, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const bad = (field: string, message: string | undefined) => {
    if (message !== undefined) problems.push({ path: `${path}.${field}`, message, stage: 'start' });
  };
  const policies = readPolicies(itemsAt(authz, 'policies'));
  if (policies === undefined)
    bad('policies', `have more than ${MAX_TEXT} characters together, which are not looked at; shorten them`);
  for (const [index, policy] of policies ?? []) {
    if (problems.length === MAX_WRONG) break;
    if (policy !== null && typeof policy !== 'object') bad(`policies[${index}]`, policyFault(String(policy)));
  }
  const entities = scalarAt(authz, 'entitiesJson');
  if (entities !== undefined) bad('entitiesJson', entitiesFault(entities));
  const type = scalarAt(authz, 'groupEntityType');
  if (type !== undefined && !IDENTIFIER.test(type)) bad('groupEntityType', 'must be a Cedar identifier');
  return problems;
}
