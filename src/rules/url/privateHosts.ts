import { classifyAddress } from './addresses.ts';
import type { Host } from './host.ts';
import { classifyName } from './hostNames.ts';
import { podAddresses } from './podNames.ts';

function isPrivateAddress(address: string): boolean {
  const { class: found } = classifyAddress(address);
  return found === 'private' || found === 'special';
}

/** Domains that no public DNS has: RFC 6762, RFC 8375, and ICANN's resolution of 2024-07-29 for `internal`. */
const PRIVATE_DOMAIN = /\.(?:local|internal|home\.arpa)$/;

/** True for a name that a public DNS cannot answer. */
function isPrivateName(name: string): boolean {
  return classifyName(name).class === 'service' || PRIVATE_DOMAIN.test(name);
}

/** True for a host inside the cluster or a private network, as far as its name or address tells. */
export function isPrivateHost({ kind, text }: Host): boolean {
  if (kind !== 'name') return isPrivateAddress(text);
  return isPrivateName(text) || podAddresses(text).some(isPrivateAddress);
}
