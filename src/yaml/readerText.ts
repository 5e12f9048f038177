/** Control characters, and a byte order mark that begins another line than the first: one reader skips it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|(?<=\n)\ufeff/;
const OLD_LINE_BREAK = /[\u0085\u2028\u2029]|\r(?!\n)/;
/** The lines before a document that may hold directives. */
const PROLOGUE = /^\ufeff?(?:[ \t]*(?:#.*)?\r?\n|%.*\r?\n)*/;
const OTHER_VERSION = /^\ufeff?%YAML(?![ \t]+1\.1[ \t]*(?:#.*)?\r?$)/m;

function at(text: string, offset: number): string {
  return `at line ${text.slice(0, offset).split('\n').length}`;
}

/**
 * What ToolHive's YAML reader refuses anywhere in a text, comments included, or reads otherwise than YAML 1.2: control
 * characters, byte order marks of lines, the line breaks that only YAML 1.1 has, and a `%YAML` directive of another
 * version than 1.1. Source: readerc.go, scannerc.go and parserc.go of gopkg.in/yaml.v3.
 */
export function textFault(text: string): string | undefined {
  const control = CONTROL.exec(text);
  if (control)
    return `it has a ${control[0] === '\ufeff' ? 'byte order mark' : 'control character'} ${at(text, control.index)}`;
  const lineBreak = OLD_LINE_BREAK.exec(text);
  if (lineBreak)
    return `it has a line break that YAML 1.2 does not know ${at(text, lineBreak.index)} (a carriage return alone, U+0085, U+2028 or U+2029); write it as an escape in double quotes`;
  const directive = OTHER_VERSION.exec(PROLOGUE.exec(text)?.[0] ?? '');
  if (!directive) return undefined;
  return `it has a %YAML directive other than "%YAML 1.1" ${at(text, directive.index)}; take it away`;
}
