import { posix } from 'node:path';
import { LiteralEnv } from '../pod/expansion.ts';
import type { Container } from '../pod/pod.ts';

/** The value of a flag in `arg`, or in the argument after it, if it is `--config` or `-c` in a spelling that pflag takes. */
function flagValue(arg: string, next: () => string | undefined): string | undefined {
  if (arg === '--config' || arg === '-c') return next();
  if (arg.startsWith('--config=')) return arg.slice('--config='.length);
  if (arg.startsWith('-c=')) return arg.slice('-c='.length);
  return undefined;
}

/**
 * The absolute, cleaned path that the container's `--config` names: `--config=F`, `--config F`, `-c F`, `-c=F` in
 * `command` or `args`, the last one wins, `$(VAR)` expanded as the kubelet does. Undefined when there is no such
 * argument, or its path is too long or relative to a working directory that the Pod does not tell.
 */
export function configPath(container: Container): string | undefined {
  const env = new LiteralEnv(container.env);
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const argument = (index: number) => {
    const word = words[index];
    return word === undefined ? undefined : (env.expand(word) ?? '');
  };
  let path: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const arg = argument(index) ?? '';
    if (arg === '--') break;
    path = flagValue(arg, () => argument(index + 1)) ?? path;
  }
  if (!path) return undefined;
  const absolute = posix.isAbsolute(path)
    ? path
    : container.workingDir && posix.join(container.workingDir, path);
  return absolute && posix.isAbsolute(absolute) ? posix.normalize(absolute) : undefined;
}
