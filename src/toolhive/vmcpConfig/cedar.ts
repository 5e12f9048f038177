import { itemsAt, scalarAt } from '../../kubernetes/record.ts';
import type { ConfigProblem } from './typeProblems.ts';

/** Space and comments, annotations, and the effect with its opening parenthesis. Source: the grammar of Cedar policies. */
const SPACE = /(?:\s|\/\/[^\n]*(?:\n|$))*/y;
const ANNOTATION = /@[A-Za-z_]\w*(?:\s*\(\s*"(?:[^"\\]|\\.)*"\s*\))?/y;
const EFFECT = /(?:permit|forbid)\b/y;
/** A text, a comment, or one character of anything else. */
const TOKENS = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|[\s\S]/g;
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** The position behind what an expression takes, or the same one. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const taken = pattern.exec(text)?.[0].length ?? 0;
  return at + taken;
}

function bracketsFault(text: string): string | undefined {
  const open: string[] = [];
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '"') return 'has a text that is not closed';
    const closing = CLOSES[token];
    if (closing !== undefined) open.push(closing);
    else if (/^[)\]}]$/.test(token) && open.pop() !== token)
      return `has ${token} without its opening bracket`;
  }
  return open.length === 0 ? undefined : `lacks ${open.at(-1)}`;
}

/**
 * What is wrong with the shape of a Cedar policy: it begins with permit or forbid, its brackets and texts are closed, and it ends
 * with a semicolon. Undefined for a policy that may still have an error further inside.
 */
export function policyFault(text: string): string | undefined {
  let at = skip(SPACE, text, 0);
  for (let next = skip(ANNOTATION, text, at); next > at; next = skip(ANNOTATION, text, at))
    at = skip(SPACE, text, next);
  const behind = skip(EFFECT, text, at);
  if (behind === at) return 'must begin with permit or forbid';
  if (!text.startsWith('(', skip(SPACE, text, behind))) return 'must have ( behind its effect';
  const brackets = bracketsFault(text);
  if (brackets !== undefined) return brackets;
  return /;(?:\s|\/\/[^\n]*(?:\n|$))*$/.test(text) ? undefined : 'must end with a semicolon';
}

function entitiesFault(text: string): string | undefined {
  try {
    return Array.isArray(JSON.parse(text)) ? undefined : 'must be a JSON list of entities';
  } catch {
    return 'must be JSON: a list of entities';
  }
}

/** What ends the vMCP in `incomingAuth.authz` of type cedar, as far as it can be told from the shape. */
export function cedarProblems(authz: unknown, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const bad = (field: string, message: string | undefined) => {
    if (message !== undefined) problems.push({ path: `${path}.${field}`, message, stage: 'start' });
  };
  for (const [index, policy] of itemsAt(authz, 'policies'))
    if (policy !== null && typeof policy !== 'object') bad(`policies[${index}]`, policyFault(String(policy)));
  const entities = scalarAt(authz, 'entitiesJson');
  if (entities !== undefined) bad('entitiesJson', entitiesFault(entities));
  const type = scalarAt(authz, 'groupEntityType');
  if (type !== undefined && !IDENTIFIER.test(type)) bad('groupEntityType', 'must be a Cedar identifier');
  return problems;
}
