import { posix } from 'node:path';
import { isRecord } from '../../kubernetes/record.ts';
import { BACKEND } from './shape.ts';
import { type ConfigProblem, textOf, typeProblems } from './typeProblems.ts';

/** What is wrong with the path of a file of certificates; undefined when the vMCP takes it. */
export function caPathFault(path: string): string | undefined {
  if (path.includes('..') || path.includes('\0')) return 'must not contain ".." or NUL';
  return posix.isAbsolute(path) ? undefined : 'must be absolute';
}

/** A backend of `backends[]`: its fields, `type`, and `caBundlePath`; the vMCP checks nothing else. */
export function backendProblems(backend: unknown, path: string): ConfigProblem[] {
  if (!isRecord(backend)) return [{ path, message: 'must be a mapping' }];
  const problems = typeProblems(backend, BACKEND, path);
  if (problems.length > 0) return problems;
  const type = textOf(backend.type);
  if (type !== '' && type !== 'entry')
    return [{ path: `${path}.type`, message: 'must be "entry" or absent' }];
  const ca = textOf(backend.caBundlePath);
  if (!ca) return [];
  const message = type === 'entry' ? caPathFault(ca) : 'is only valid when type is "entry"';
  return message === undefined ? [] : [{ path: `${path}.caBundlePath`, message }];
}

/** The problems of a whole list. */
export function backendListProblems(backends: readonly unknown[]): readonly ConfigProblem[] {
  return backends.flatMap((backend, index) =>
    backend === null ? [] : backendProblems(backend, `backends[${index}]`),
  );
}
