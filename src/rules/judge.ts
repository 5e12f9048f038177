import type { FieldProblem } from '../kubernetes/read.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import { readObject, type ToolhiveObject } from '../toolhive/object.ts';
import { judgeAuthConfig } from './authConfig.ts';
import { judgeEntry } from './entry.ts';
import type { EntryFacts } from './facts.ts';
import { invalid } from './finding.ts';
import { CLEAN, toVerdict } from './levels.ts';
import type { Policy } from './policy.ts';
import { judgeRemoteProxy } from './remoteProxy.ts';
import type { Verdict } from './verdict.ts';
import { judgeVirtualServer } from './virtualServer.ts';

/** Applies every rule about the spec of an object of any kind. Pure; never throws. */
export function judgeObject(object: ToolhiveObject, facts: EntryFacts, policy: Policy): Verdict {
  switch (object.kind) {
    case 'MCPServerEntry':
      return judgeEntry(object, facts, policy);
    case 'VirtualMCPServer':
      return judgeVirtualServer(object, facts, policy);
    case 'MCPExternalAuthConfig':
      return judgeAuthConfig(object, facts, policy);
    case 'MCPRemoteProxy':
      return judgeRemoteProxy(object, facts, policy);
    case 'MCPGroup':
    case 'MCPServer':
      return CLEAN;
  }
}

/** Fields of the wrong JSON type, as findings: an old or foreign object is told about, never an exception. */
export function judgeProblems(problems: readonly FieldProblem[], policy: Policy): Verdict {
  return toVerdict(
    problems.map(({ field, message }) => invalid({ rule: 'malformed-field', field, detail: message })),
    policy,
  );
}

/** The model of an untrusted object, or the verdict on why it has none. */
export type Readable =
  | { readonly ok: true; readonly object: ToolhiveObject }
  | { readonly ok: false; readonly verdict: Verdict };

/** Reads an untrusted object. `namespace` is the one of the request: inside an object it may be missing. */
export function readForReview(kind: ToolhiveKind, raw: unknown, namespace: string, policy: Policy): Readable {
  const read = readObject(kind, raw);
  if (!read.ok) return { ok: false, verdict: judgeProblems(read.problems, policy) };
  const object = read.value;
  return { ok: true, object: { ...object, metadata: { ...object.metadata, namespace } } as ToolhiveObject };
}
