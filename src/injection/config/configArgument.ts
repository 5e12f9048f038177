import { posix } from 'node:path';
import { LiteralEnv } from '../pod/expansion.ts';
import type { Container } from '../pod/pod.ts';

/** Flags of the vMCP beside `--config` that take a value, which may be the next word. Source: its `serve` command. */
const FLAGS_WITH_VALUE: ReadonlySet<string> = new Set(['host', 'port', 'session-ttl']);

/** `--name`, `--name=value`. Source: `parseLongArg` of pflag. */
const LONG = /^--([^=]+)(?:=(.*))?$/s;
/**
 * One-letter flags in one word: `-c` takes the rest of the word as its value, without a `=` before it, or the next word;
 * every other letter is a switch. Source: `parseSingleShortArg` of pflag.
 */
const SHORT = /^-(?!-)[^c]*c(?:=(?=.))?(.*)$/s;

/** The value of the last `--config` or `-c` of the words, as pflag reads them; undefined when there is none. */
function configFlag(words: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') break;
    const [, name, given] = LONG.exec(word) ?? [];
    const [, rest] = SHORT.exec(word) ?? [];
    if (name === 'config') value = given ?? words[++index] ?? value;
    else if (rest !== undefined) value = rest || (words[++index] ?? value);
    else if (name !== undefined && given === undefined && FLAGS_WITH_VALUE.has(name)) index++;
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
