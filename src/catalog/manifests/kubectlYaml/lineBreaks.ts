import type { Flaw } from './flaws.ts';

/**
 * What ends a line for goyaml, with which kubectl reads, and not for YAML 1.2 and this parser: a CR without LF, NEL, LS
 * and PS. Behind one of them in a comment stand fields that only kubectl would see, and in quotes it would fold it.
 * Source: go.yaml.in/yaml/v2, yamlprivateh.go, `is_break`.
 */
const ODD_BREAK = /\r(?!\n)|[\u0085\u2028\u2029]/g;

const NAMES: Readonly<Record<string, string>> = {
  '\r': 'U+000D (carriage return without line feed)',
  '\u0085': 'U+0085 (next line)',
  '\u2028': 'U+2028 (line separator)',
  '\u2029': 'U+2029 (paragraph separator)',
};

/** True for one JSON object: kubectl reads that as JSON, where NEL, LS and PS may stand in a text as they are. */
function isJsonObject(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function remedy(character: string): string {
  if (character === '\r') return 'end lines with LF or CRLF, or write it as "\\r" in double quotes';
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  return `remove it, or write it as "\\u${code}" in double quotes`;
}

/** The first character that ends a line for kubectl only. The whole text is unusable then: documents end at lines. */
export function lineBreakFlaw(text: string): Flaw | undefined {
  let json: boolean | undefined;
  for (const { 0: character, index } of text.matchAll(ODD_BREAK)) {
    if (character !== '\r') json ??= isJsonObject(text);
    if (character !== '\r' && json) continue;
    return {
      offset: index,
      message: `contains the character ${NAMES[character]}, which ends a line for kubectl but not for other YAML parsers; ${remedy(character)}`,
    };
  }
  return undefined;
}
