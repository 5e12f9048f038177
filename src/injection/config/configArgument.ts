import { posix } from 'node:path';
import { LiteralEnv } from '../pod/expansion.ts';
import type { Container } from '../pod/pod.ts';

/** Flags of the vMCP beside `--config` that take a value, which may be the next word. Source: its `serve` command. */
const FLAGS_WITH_VALUE: ReadonlySet<string> = new Set(['host', 'port']);

/** What one word says: the value of `--config`, that its value is the next word, or nothing about it. */
type Word = { readonly config: string } | 'config-follows' | 'value-follows' | 'end' | 'other';

/** `--name`, `--name=value`. Source: `parseLongArg` of pflag. */
function longWord(text: string): Word {
  if (text === '') return 'end';
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === 'config') return equals < 0 ? 'config-follows' : { config: text.slice(equals + 1) };
  return equals < 0 && FLAGS_WITH_VALUE.has(name) ? 'value-follows' : 'other';
}

/**
 * One-letter flags in one word: `-c` takes the rest of the word as its value, without a `=` before it, or the next word;
 * every other letter is a switch. Source: `parseSingleShortArg` of pflag.
 */
function shortWord(letters: string): Word {
  const at = letters.indexOf('c');
  if (at < 0) return 'other';
  const rest = letters.slice(at + 1);
  if (rest === '') return 'config-follows';
  return { config: rest.length > 1 && rest.startsWith('=') ? rest.slice(1) : rest };
}

function readWord(word: string): Word {
  if (word.startsWith('--')) return longWord(word.slice(2));
  return word.startsWith('-') ? shortWord(word.slice(1)) : 'other';
}

/** The value of the last `--config` or `-c` of the words, as pflag reads them; undefined when there is none. */
function configFlag(words: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = readWord(words[index] ?? '');
    if (word === 'end') break;
    if (typeof word === 'object') value = word.config;
    if (word === 'config-follows') value = words[index + 1] ?? value;
    if (word === 'config-follows' || word === 'value-follows') index++;
  }
  return value;
}

/**
 * The absolute, cleaned path that the container's `--config` names in `command` or `args`, in every spelling that pflag
 * takes, `$(VAR)` expanded as the kubelet does. Undefined when there is no such flag, or its path is too long or relative
 * to a working directory that the Pod does not name.
 */
export function configPath(container: Container): string | undefined {
  const env = new LiteralEnv(container.env);
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const path = configFlag(words.map((word) => env.expand(word) ?? ''));
  if (!path) return undefined;
  const absolute = posix.isAbsolute(path)
    ? path
    : container.workingDir && posix.join(container.workingDir, path);
  return absolute && posix.isAbsolute(absolute) ? posix.normalize(absolute) : undefined;
}
