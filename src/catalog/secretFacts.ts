import type { SecretFacts } from './catalog.ts';

/** Go's net/http refuses a header value with a control character other than tab. Source: `httpguts.ValidHeaderFieldValue`. */
function isHeaderSafe(value: Buffer): boolean {
  return value.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09);
}

function entriesOf(map: unknown): [string, string][] {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return [];
  return Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

/** The facts of an untrusted core/v1 Secret. Values are looked at here and nowhere kept. */
export function secretFacts(raw: unknown): SecretFacts {
  const keys: Record<string, { empty: boolean; headerSafe: boolean }> = Object.create(null);
  const { data, stringData } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<
    string,
    unknown
  >;
  const note = (key: string, value: Buffer) => {
    keys[key] = { empty: value.length === 0, headerSafe: isHeaderSafe(value) };
  };
  for (const [key, value] of entriesOf(data)) note(key, Buffer.from(value, 'base64'));
  // A manifest's stringData wins over its data, as in the API server.
  for (const [key, value] of entriesOf(stringData)) note(key, Buffer.from(value, 'utf8'));
  return { keys };
}
