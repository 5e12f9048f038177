import { isRecord } from '../kubernetes/record.ts';
import { SECRET_PREFIX } from './names.ts';

/** A JSON object as its members in order; ToolHive sorts them by key. */
export type Members = Iterable<readonly [key: string, value: string]>;

/** Go's `encoding/json` escapes these for HTML, and the two line separators, each as six characters. */
const GO_ESCAPES = ['<', '>', '&', '\u2028', '\u2029'].map(
  (character) => [character, `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`] as const,
);

/** A string as Go's `encoding/json` writes it. What is no Unicode (a lone surrogate) is U+FFFD there. */
function goString(text: string): string {
  // Five passes take a fifth of the time of one that calls back for each character.
  return GO_ESCAPES.reduce(
    (escaped, [character, code]) => escaped.replaceAll(character, code),
    JSON.stringify(text.toWellFormed()),
  );
}

function goMembers(members: Members): string {
  return Array.from(members, ([key, value]) => `${goString(key)}:${goString(value)}`).join(',');
}

/**
 * The value of the variable that tells a vMCP the headers of one backend, as ToolHive writes it: empty parts absent.
 * Not yet escaped for the kubelet.
 * @param secrets what stands for each secret header: the name of its variable without `TOOLHIVE_SECRET_`
 */
export function headerManifest(plaintext: Members, secrets: Members): string {
  const parts = [
    ['addPlaintextHeaders', goMembers(plaintext)],
    ['addHeadersFromSecret', goMembers(secrets)],
  ];
  const present = parts.filter(([, members]) => members !== '');
  return `{${present.map(([key, members]) => `"${key}":{${members}}`).join(',')}}`;
}

/**
 * The variables from which a vMCP takes the secret headers of a manifest; none for a text that is not a manifest. Go's
 * `encoding/json` does not care about the case of a key.
 */
export function secretVariablesIn(manifest: string): readonly string[] {
  try {
    const members = Object.entries(JSON.parse(manifest) as object);
    return members
      .filter(([key, value]) => key.toLowerCase() === 'addheadersfromsecret' && isRecord(value))
      .flatMap(([, identifiers]) => Object.values(identifiers as object))
      .map((identifier) => `${SECRET_PREFIX}${String(identifier)}`);
  } catch {
    return [];
  }
}
