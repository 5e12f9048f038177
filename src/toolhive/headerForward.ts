import * as z from 'zod';
import { type SecretKeyRef, secretKeyRef, secretKeyRefWire } from './reference.ts';
import { stringMap } from './stringMap.ts';

/** `spec.headerForward` of MCPServerEntry and MCPRemoteProxy. */
export interface HeaderForward {
  readonly plaintext: Readonly<Record<string, string>>;
  /** In the order of the object; `secret` is undefined where `valueSecretRef` is null (ToolHive ignores such items). */
  readonly fromSecret: readonly { readonly headerName: string; readonly secret: SecretKeyRef | undefined }[];
}

export const headerForwardWire = z
  .object({
    addPlaintextHeaders: stringMap.nullish(),
    addHeadersFromSecret: z
      .array(z.object({ headerName: z.string().nullish(), valueSecretRef: secretKeyRefWire }))
      .nullish(),
  })
  .nullish();

export function toHeaderForward(wire: z.infer<typeof headerForwardWire>): HeaderForward | undefined {
  if (!wire) return undefined;
  return {
    plaintext: wire.addPlaintextHeaders ?? {},
    fromSecret: (wire.addHeadersFromSecret ?? []).map((item) => ({
      headerName: item.headerName ?? '',
      secret: secretKeyRef(item.valueSecretRef),
    })),
  };
}
