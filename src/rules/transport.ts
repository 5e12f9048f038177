import { REMOTE_TRANSPORTS } from '../toolhive/models/serverEntry.ts';
import { notSupported, required } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { deny } from './rule.ts';

export const transportRules = {
  'transport-unknown': deny(
    'The transport must be sse or streamable-http.',
    'MCPServerEntry',
    'MCPRemoteProxy',
  ),
};

const rule = 'transport-unknown';
const field = 'spec.transport';

interface Transported {
  readonly transport: string | undefined;
}

/** The enum of the CRDs, for a transport that is set. */
export function checkTransport({ transport }: Transported): Finding[] {
  if (transport === undefined || REMOTE_TRANSPORTS.some((known) => known === transport)) return [];
  return [notSupported({ rule, field, value: transport }, REMOTE_TRANSPORTS)];
}

/** As {@link checkTransport}, for a kind whose CRD requires the field: `check` sees manifests before any API server. */
export function checkRequiredTransport(object: Transported): Finding[] {
  if (object.transport !== undefined) return checkTransport(object);
  return [required({ rule, field, detail: `one of ${REMOTE_TRANSPORTS.join(', ')}` })];
}
