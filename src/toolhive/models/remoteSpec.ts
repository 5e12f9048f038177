import * as z from 'zod';
import { groupName, groupRefWire, nameRefWire, refName } from '../../kubernetes/reference.ts';
import { type HeaderForward, headerForwardWire, toHeaderForward } from './headerForward.ts';

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

/** What MCPServerEntry and MCPRemoteProxy say of their remote server, with old spellings folded into the present form. */
export interface Remote {
  readonly remoteUrl: string | undefined;
  readonly allowPrivateEndpoint: boolean;
  readonly transport: string | undefined;
  readonly group: string | undefined;
  readonly authConfig: string | undefined;
  readonly headers: HeaderForward | undefined;
  readonly fields: RemoteFields;
}

type RemoteSpec = z.infer<typeof remoteSpecWire>;

export function toRemote(spec: RemoteSpec): Remote {
  return {
    remoteUrl: spec.remoteUrl ?? spec.remoteURL ?? undefined,
    allowPrivateEndpoint: spec.allowPrivateEndpoint ?? false,
    transport: spec.transport ?? undefined,
    group: groupName(spec.groupRef),
    authConfig: refName(spec.externalAuthConfigRef),
    headers: toHeaderForward(spec.headerForward),
    fields: fieldsOf(spec),
  };
}

/** The fields of a spec as it spells them. */
function fieldsOf({ remoteUrl, remoteURL, groupRef }: RemoteSpec): RemoteFields {
  return {
    remoteUrl: remoteUrl == null && remoteURL != null ? 'spec.remoteURL' : 'spec.remoteUrl',
    group: typeof groupRef === 'string' ? 'spec.groupRef' : 'spec.groupRef.name',
    ignored: remoteUrl != null && remoteURL != null ? 'spec.remoteURL' : undefined,
  };
}
