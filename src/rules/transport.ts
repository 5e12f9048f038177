import { REMOTE_TRANSPORTS } from '../toolhive/serverEntry.ts';
import { notSupported } from './finding.ts';
import type { Finding } from './verdict.ts';

/** The enum of the CRDs, for entries and proxies alike. */
export function checkTransport(transport: string): Finding[] {
  if (REMOTE_TRANSPORTS.some((known) => known === transport)) return [];
  return [
    notSupported({ rule: 'transport-unknown', field: 'spec.transport', value: transport }, REMOTE_TRANSPORTS),
  ];
}
