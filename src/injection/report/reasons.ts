import { redacted } from '../../text/redact.ts';
import { compare } from '../contract.ts';

/** Why a Pod is treated as it is. Closed and stable: metrics, logs, audit annotations and docs refer to these. */
export const POD_REASONS = {
  'not-a-vmcp-pod': 'The Pod is not a vMCP Pod.',
  'mirror-pod': 'The Pod mirrors a static Pod of a node, which the API server cannot change.',
  'opted-out': 'The Pod has opted out.',
  'virtual-server-unknown': 'The VirtualMCPServer of the Pod is not known.',
  'group-not-named': 'No group is named for the Pod.',
  'group-unknown': 'The group of the Pod does not exist.',
  'dynamic-mode': 'The vMCP watches its group itself; what the Pod needs for single members is optional.',
  'malformed-pod': 'The Pod is malformed.',
  'config-container-unknown': 'No container of the Pod is known to be the vMCP.',
  'config-not-mounted': 'The file behind --config does not come from exactly one ConfigMap.',
  'config-map-missing': 'The ConfigMap with the base config does not exist, or lacks the key.',
  'config-map-unavailable': 'The ConfigMap with the base config could not be read.',
  'config-unparsable': 'The base config cannot be merged.',
  'config-rejected': 'The vMCP would refuse the base config.',
  'config-too-large': 'The Pod has no room for the base config, or for the merged one.',
  'no-servable-backends': 'No backend of the group can be served; the vMCP starts with a placeholder.',
  injected: 'The vMCP serves the backends of its group.',
} as const satisfies Record<string, string>;

export type PodReason = keyof typeof POD_REASONS;

/** Why one backend is not served. Closed and stable, as {@link POD_REASONS}. */
export const EXCLUSION_REASONS = {
  'phase-not-valid': 'The phase of the entry is not Valid.',
  'entry-denied': 'Validation would deny the entry today.',
  'name-invalid': 'The name is not a DNS subdomain.',
  'name-taken': 'Another backend, of the group or of the base config, has the same name.',
  'url-missing': 'The backend has no URL yet.',
  'url-invalid': 'The URL of the backend is not one that can be called.',
  'auth-config-missing': 'The auth config does not exist.',
  'auth-config-invalid': 'The auth config is marked invalid by its controller.',
  'auth-config-denied': 'Validation would deny the auth config today.',
  'credential-guarded': 'A Secret would be sent to a host that the policy does not allow for it.',
  'auth-type-unsupported': 'A vMCP cannot use the type of the auth config towards a backend.',
  'auth-config-incomplete': 'The auth config lacks what its type needs.',
  'auth-provider-missing': 'The vMCP has no auth server with the provider that the auth config names.',
  'auth-provider-ambiguous': 'The auth config does not say which of several providers is meant.',
  'auth-secret-missing': 'A Secret of the auth config, its key or its value is missing.',
  'header-secret-missing': 'A Secret of a forwarded header, its key or its value is missing.',
  'header-collision': 'The vMCP would mix up the forwarded headers with those of another backend.',
  'ca-config-map-missing': 'The ConfigMap of the CA bundle does not exist.',
  'ca-key-missing': 'The ConfigMap of the CA bundle lacks the key in its data.',
  'ca-not-pem': 'The CA bundle holds no PEM certificate.',
  'backend-too-large': 'Its part of the config is so large that it would leave no room for the others.',
  'pod-too-large': 'The Pod would be too large to be stored with it.',
  'base-backend-rejected': 'The vMCP could not use this backend of the base config.',
  'base-backend-unknown': 'The group does not have this backend of the base config.',
} as const satisfies Record<string, string>;

export type ExclusionReason = keyof typeof EXCLUSION_REASONS;

/** Notes about the Pod, and about backends that are served. Closed and stable, as {@link POD_REASONS}. */
export const NOTE_REASONS = {
  'phase-outdated': 'The phase is of an older generation of the entry.',
  'ca-unverified': 'The CA bundle was mounted without verification.',
  'header-dropped': 'A header that the vMCP refuses was not forwarded.',
  'warn-only': 'The policy only warns here; if it were enforced, the backend would be excluded.',
  'exception-used': 'The backend is served because of an exception in the policy.',
  'read-live': 'The base config lists a backend that the catalog did not know yet; it was read live.',
  'not-read-live':
    'The base config lists a backend that the catalog does not know, and it could not be read live.',
  'base-strategy-used': 'The backend is called with the strategy that the base config has for its name.',
  'default-auth-replaced': 'The default auth of the base config was one that the vMCP refuses.',
  'source-replaced': 'The base config would have let the vMCP watch its group past injection.',
  'default-auth-failed': 'The default auth of the VirtualMCPServer cannot be used.',
  'vmcp-will-not-start':
    'The vMCP ends at start because of a part of its config that injection does not write.',
  'base-config-doubtful': 'The vMCP may refuse a part of the base config that injection does not write.',
  'checksum-differs': 'The Pod template and the base config have different checksums.',
  'group-missing': 'The MCPGroup does not exist; its members were still found.',
  'metadata-trimmed': 'Copied annotations were left out of backend metadata to save space.',
  'report-trimmed': 'The report was shortened to save space.',
} as const satisfies Record<string, string>;

export type NoteReason = keyof typeof NOTE_REASONS;

/**
 * The kinds of backends, in the order in which they claim a name: that of ToolHive's own look-up in dynamic mode, so that a
 * vMCP means the same backend by a name in both modes.
 */
export const BACKEND_KINDS = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry', 'Backend'] as const;

export type BackendKind = (typeof BACKEND_KINDS)[number];

type Named = Pick<Exclusion, 'kind' | 'name'>;

/** Orders backends as they claim a name: by kind, then by name. */
export function byClaim(a: Named, b: Named): number {
  return BACKEND_KINDS.indexOf(a.kind) - BACKEND_KINDS.indexOf(b.kind) || compare(a.name, b.name);
}

/** Why a Pod is not given a config. */
export interface PodRefusal {
  readonly reason: PodReason;
  readonly message: string;
}

/** Why a backend is not served. */
export interface Refusal {
  readonly reason: ExclusionReason;
  readonly message: string;
}

/** A backend that is not served, and why; the words of the report annotation. */
export interface Exclusion extends Refusal {
  /** `Backend` for one that only the base config knows. */
  readonly kind: BackendKind;
  readonly name: string;
}

export interface Note {
  readonly kind: string;
  readonly name: string;
  readonly reason: NoteReason;
  readonly message: string;
}

/** What becomes of the backends of a vMCP, as far as it is decided. */
export interface Selection<B> {
  readonly backends: readonly B[];
  readonly excluded: readonly Exclusion[];
  readonly notes: readonly Note[];
}

/**
 * The selection with what `make` makes of each backend, in the given order. Backends that it refuses are excluded.
 * @param make adds notes to the list that it gets
 */
export function select<B extends Named, T extends object>(
  { backends, excluded, notes }: Selection<B>,
  make: (backend: B, notes: Note[]) => T | Refusal,
): Selection<T> {
  const selection = { backends: [] as T[], excluded: [...excluded], notes: [...notes] };
  for (const backend of backends) {
    const { kind, name } = backend;
    const made = make(backend, selection.notes);
    if (!('reason' in made)) selection.backends.push(made);
    else selection.excluded.push({ kind, name, reason: made.reason, message: made.message });
  }
  return selection;
}

/** A note about the Pod as a whole. No word of its message that looks like a credential is shown. */
export function podNote(reason: NoteReason, message: string): Note {
  return { kind: 'Pod', name: '', reason, message: redacted(message) };
}
