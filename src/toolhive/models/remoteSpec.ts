import * as z from 'zod';
import { groupRefWire, nameRefWire } from '../../kubernetes/reference.ts';
import { headerForwardWire } from './headerForward.ts';

/** The fields of `spec` that MCPServerEntry and MCPRemoteProxy share, `remoteURL` being the spelling of before 2026-04-13. */
export const remoteSpecWire = z.object({
  remoteUrl: z.string().nullish(),
  remoteURL: z.string().nullish(),
  allowPrivateEndpoint: z.boolean().nullish(),
  transport: z.string().nullish(),
  groupRef: groupRefWire,
  externalAuthConfigRef: nameRefWire,
  headerForward: headerForwardWire,
});

/** The fields of `remoteUrl` and group as an object spells them, so that a message names what the user wrote. */
export interface RemoteFields {
  readonly remoteUrl: 'spec.remoteUrl' | 'spec.remoteURL';
  readonly group: 'spec.groupRef.name' | 'spec.groupRef';
  /** The old spelling that is ignored, because the new one is set too. */
  readonly ignored: 'spec.remoteURL' | undefined;
}

/** The fields of a spec as it spells them. */
export function remoteFields({
  remoteUrl,
  remoteURL,
  groupRef,
}: z.infer<typeof remoteSpecWire>): RemoteFields {
  return {
    remoteUrl: remoteUrl == null && remoteURL != null ? 'spec.remoteURL' : 'spec.remoteUrl',
    group: typeof groupRef === 'string' ? 'spec.groupRef' : 'spec.groupRef.name',
    ignored: remoteUrl != null && remoteURL != null ? 'spec.remoteURL' : undefined,
  };
}
