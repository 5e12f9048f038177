import type { NamespaceView } from '../../catalog/catalog.ts';
import { valueAt } from '../../kubernetes/record.ts';
import { quoted } from '../../text/line.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import type { ToolhiveModels } from '../../toolhive/object.ts';
import type { Reference, ReferencedKind } from '../../toolhive/references.ts';
import { AUTH_REF } from '../auth/reference.ts';
import { findEach } from '../findings/each.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { invalid, notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Facts, type LoneObject, warn } from '../rule.ts';

export const referenceRules = {
  'vmcp-reference-not-found': warn('What a vMCP refers to must exist.', 'VirtualMCPServer'),
  'vmcp-reference-invalid': warn(
    'What a vMCP refers to must not be marked invalid or failed.',
    'VirtualMCPServer',
  ),
  'reference-not-found': warn(
    'What a server refers to must exist.',
    'MCPServer',
    'MCPRemoteProxy',
    'MCPServerEntry',
  ),
};

/** What ToolHive does with a vMCP as long as it cannot use something that the vMCP names. */
const UNTIL_THEN =
  'until then ToolHive writes no configuration: a new vMCP does not start, a running one keeps its last';

/** Why ToolHive does not use an object that exists, in words; undefined when it does. */
function unusable(object: ToolhiveModels[ReferencedKind]): string | undefined {
  if ('phase' in object && object.phase === 'Failed') return 'has failed; see its status and its Pods';
  if (!('valid' in object) || object.valid?.status !== 'False') return undefined;
  return `is marked invalid (${object.valid.reason || 'no reason given'}); see its status`;
}

function referenceFindings({ kind, name, field }: Reference, view: NamespaceView): Finding[] {
  const said = { field: withoutPositions(field), value: name };
  const what = `${kind} ${quoted(name)}`;
  const object = view.get(kind, name);
  if (object === undefined) {
    const detail = `${what} does not exist yet in namespace "${view.namespace}"; ${UNTIL_THEN}`;
    return [notFound({ ...said, rule: 'vmcp-reference-not-found', detail })];
  }
  const reason = unusable(object);
  if (reason === undefined) return [];
  return [invalid({ ...said, rule: 'vmcp-reference-invalid', detail: `${what} ${reason}; ${UNTIL_THEN}` })];
}

/** The shared objects that a vMCP names. Each may come later or be corrected, so nothing here is denied. */
export function checkReferences({ references }: VirtualMcpServer, { view }: Facts): Finding[] {
  return findEach(references, (reference) => referenceFindings(reference, view));
}

/** A member of a group, or a workload without one. */
interface Workload {
  readonly kind: string;
  readonly references: readonly Reference[];
  readonly authConfig: string | undefined;
  readonly group: string | undefined;
}

/** `auth-config-not-found` tells about the auth config of a member of a group. */
function referencesOf({ references, authConfig: name, group }: Workload): readonly Reference[] {
  if (name === undefined || group !== undefined) return references;
  return [...references, { kind: 'MCPExternalAuthConfig', name, field: AUTH_REF }];
}

/** The shared objects that an MCPServer or an MCPRemoteProxy names. Each may come later. */
export function checkWorkloadReferences(workload: Workload, { view }: Facts): Finding[] {
  return referencesOf(workload)
    .filter(({ kind, name }) => view.get(kind, name) === undefined)
    .map(({ kind, name, field }) =>
      notFound({
        rule: 'reference-not-found',
        field,
        value: name,
        detail: `${kind} ${quoted(name)} does not exist yet in namespace "${view.namespace}"; until then ToolHive marks this ${workload.kind} Failed and makes no Pod for it`,
      }),
    );
}

/** References with an empty name: the CRDs take them, and no object has it. */
export function checkReferenceNames({ spec }: LoneObject): Finding[] {
  return ['externalAuthConfigRef', 'toolConfigRef']
    .filter((ref) => valueAt(spec, ref, 'name') === '')
    .map((ref) =>
      notFound({
        rule: 'reference-not-found',
        field: `spec.${ref}.name`,
        value: '',
        detail:
          'is empty, which is the name of no object, so ToolHive marks this Failed; name one, or remove the reference',
      }),
    );
}
