import * as z from 'zod';
import { groupRefWire, nameRefWire } from '../kubernetes/reference.ts';
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

/** The field that the URL stands in, as the object spells it. */
export function remoteUrlField(spec: z.infer<typeof remoteSpecWire>): 'spec.remoteUrl' | 'spec.remoteURL' {
  return spec.remoteUrl == null && spec.remoteURL != null ? 'spec.remoteURL' : 'spec.remoteUrl';
}
