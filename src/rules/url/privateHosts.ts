import { classifyAddress } from './addresses.ts';
import type { Host } from './host.ts';
import { classifyName } from './hostNames.ts';
import { podAddresses } from './podNames.ts';

function isPrivateAddress(address: string): boolean {
  const { class: found } = classifyAddress(address);
  return found === 'private' || found === 'special';
}

/** True for a host inside the cluster or a private network, as far as its name or address tells. */
export function isPrivateHost({ kind, text }: Host): boolean {
  if (kind !== 'name') return isPrivateAddress(text);
  const { class: found } = classifyName(text);
  return found === 'private' || found === 'service' || podAddresses(text).some(isPrivateAddress);
}
