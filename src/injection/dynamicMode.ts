import type { VirtualMcpServer } from '../toolhive/models/virtualServer.ts';
import { AUTH_VARIABLES, normalise } from '../toolhive/names.ts';
import { ANNOTATION_LIMIT, annotationBytes } from './config/annotations.ts';
import { REPORT_ANNOTATION, VMCP_CONTAINER } from './contract.ts';
import { configsNamedBy } from './discovery/load.ts';
import { optionalVariable, PodEditor } from './pod/editor.ts';
import { generatedByOperator } from './pod/ownerEnv.ts';
import type { Pod } from './pod/pod.ts';
import type { Note } from './report/reasons.ts';
import { type Report, readReport, reportText } from './report/report.ts';
import { makeCaVolumesOptional } from './volumes/caBundles.ts';

/** The variables that the operator may set for the auth configs which the VirtualMCPServer itself names. */
function variablesOfServer(server: VirtualMcpServer): ReadonlySet<string> {
  const prefixes = Object.values(AUTH_VARIABLES);
  return new Set(
    configsNamedBy(server).flatMap((config) => prefixes.map((prefix) => prefix + normalise(config))),
  );
}

/**
 * Makes optional, in an operator-made Pod in dynamic mode, what the operator mounted for entries and set for members'
 * Secrets, so that none of them can keep the Pod from starting. The vMCP watches its group itself and needs no more.
 * The notes go into the report; without any there is none. Returns the same object when nothing changes. Pure; on its own
 * result it changes nothing.
 */
export function planDynamic(
  pod: Pod,
  server: VirtualMcpServer,
  notes: readonly Note[],
): { readonly pod: Pod; readonly report: Report | undefined } {
  const container = pod.spec.containers.find(({ name }) => name === VMCP_CONTAINER);
  if (!container) return { pod, report: undefined };
  const editor = new PodEditor(pod, container);
  makeCaVolumesOptional(editor);
  const ofMembers = generatedByOperator(editor.env, server);
  const ofServer = variablesOfServer(server);
  const isOfMember = (name: string) => ofMembers.has(name) && !ofServer.has(name);
  editor.mapVariables((item) => (isOfMember(item.name) ? optionalVariable(item) : item));
  if (editor.pod === pod && notes.length === 0) return { pod, report: undefined };
  // Of a Pod whose config an earlier pass in static mode delivered.
  const { base } = readReport(editor.annotations[REPORT_ANNOTATION]);
  const about = { group: server.group ?? '', mode: 'dynamic', base, placeholder: false } as const;
  const report: Report = { ...about, backends: [], own: undefined, leftOut: [], notes };
  const annotations = { ...editor.annotations, [REPORT_ANNOTATION]: reportText(report) };
  if (annotationBytes(annotations) <= ANNOTATION_LIMIT) editor.annotate(annotations);
  return { pod: editor.pod, report: notes.length > 0 ? report : undefined };
}
