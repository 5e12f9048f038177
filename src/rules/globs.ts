import { remember } from '../remember.ts';

const SPECIAL = /[\\^$.+?()[\]{}|]/g;

function toRegExp(glob: string): RegExp {
  return new RegExp(`^${glob.replace(SPECIAL, '\\$&').replace(/\*+/g, '.*')}$`, 's');
}

const compiled = remember((globs: readonly string[]) => globs.map(toRegExp));

/** True when the text is one of the globs, in which `*` stands for any characters. */
export function matchesGlob(text: string, globs: readonly string[]): boolean {
  return compiled(globs).some((pattern) => pattern.test(text));
}
