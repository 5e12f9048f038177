import * as z from 'zod';
import { list } from '../../kubernetes/bounds.ts';
import { type SecretKeyRef, secretKeyRef, secretKeyRefWire } from '../../kubernetes/reference.ts';
import { stringMap, toStringMap } from '../../kubernetes/stringMap.ts';

/** No HTTP server takes more headers (most stop at 100 or so), so none of more is kept, and a review stays short. */
export const MAX_HEADERS = 1_000;

/** `spec.headerForward` of MCPServerEntry and MCPRemoteProxy. */
export interface HeaderForward {
  readonly plaintext: Readonly<Record<string, string>>;
  /** In the order of the object; `secret` is undefined where `valueSecretRef` is null (ToolHive ignores such items). */
  readonly fromSecret: readonly { readonly headerName: string; readonly secret: SecretKeyRef | undefined }[];
  /** How many headers the object has when they are more than {@link MAX_HEADERS}; none of them is kept then. */
  readonly tooMany: number | undefined;
}

export const headerForwardWire = z
  .object({
    addPlaintextHeaders: stringMap.nullish(),
    addHeadersFromSecret: list(
      z.object({ headerName: z.string().nullish(), valueSecretRef: secretKeyRefWire }),
    ).nullish(),
  })
  .nullish();

export function toHeaderForward(wire: z.infer<typeof headerForwardWire>): HeaderForward | undefined {
  if (!wire) return undefined;
  const plaintext = toStringMap(wire.addPlaintextHeaders);
  const fromSecret = wire.addHeadersFromSecret ?? [];
  const count = Object.keys(plaintext).length + fromSecret.length;
  if (count > MAX_HEADERS) return { plaintext: {}, fromSecret: [], tooMany: count };
  return {
    plaintext,
    fromSecret: fromSecret.map((item) => ({
      headerName: item.headerName ?? '',
      secret: secretKeyRef(item.valueSecretRef),
    })),
    tooMany: undefined,
  };
}
