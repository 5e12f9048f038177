import { posix } from 'node:path';
import { expand, literalEnv } from './expand.ts';
import type { Container } from './pod.ts';

/** The value of a flag at `index`, if that argument is `--config` or `-c` in one of the spellings that pflag takes. */
function flagValue(args: readonly string[], index: number): string | undefined {
  const arg = args[index] ?? '';
  if (arg === '--config' || arg === '-c') return args[index + 1];
  if (arg.startsWith('--config=')) return arg.slice('--config='.length);
  if (arg.startsWith('-c=')) return arg.slice('-c='.length);
  return undefined;
}

/**
 * The absolute, cleaned path that the container's `--config` names: `--config=F`, `--config F`, `-c F`, `-c=F` in
 * `command` or `args`, the last one wins, `$(VAR)` expanded as the kubelet does. Undefined when there is no such
 * argument or its path is relative to a working directory that the Pod does not tell.
 */
export function configPath(container: Container): string | undefined {
  const env = literalEnv(container.env);
  const args = [...(container.command ?? []), ...(container.args ?? [])].map((arg) =>
    expand(arg, (name) => env.get(name)),
  );
  let path: string | undefined;
  for (let index = 0; index < args.length && args[index] !== '--'; index++)
    path = flagValue(args, index) ?? path;
  if (!path) return undefined;
  const absolute = posix.isAbsolute(path)
    ? path
    : container.workingDir && posix.join(container.workingDir, path);
  return absolute && posix.isAbsolute(absolute) ? posix.normalize(absolute) : undefined;
}
