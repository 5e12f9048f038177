import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import * as z from 'zod';

const wire = z.object({
  users: z
    .array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().optional() }).nullish() }))
    .nullish(),
});

/**
 * Gives the users of a kubeconfig their `tokenFile`, which client-node overlooks: kubectl reads the token from it again
 * and again, and prefers it to `token`. Paths are relative to the kubeconfig. client-node's own reader of token files
 * then does the same.
 */
export function useTokenFiles(config: KubeConfig, file: string): void {
  const parsed = wire.safeParse(parse(readFileSync(file, 'utf8')));
  if (!parsed.success) return;
  const files = new Map<string, string>();
  for (const { name, user } of parsed.data.users ?? [])
    if (user?.tokenFile) files.set(name, resolve(dirname(file), user.tokenFile));
  config.users = config.users.map((user) => {
    const tokenFile = files.get(user.name);
    if (tokenFile === undefined) return user;
    const { token: _token, ...others } = user;
    return { ...others, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}
