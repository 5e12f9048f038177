import { join } from 'node:path';
import { command } from './command.ts';

/** Flags of cosign without the logs and identities of sigstore.dev, which only a workflow on GitHub has. */
const SIGN = ['--use-signing-config=false', '--tlog-upload=false'];
const VERIFY = ['--insecure-ignore-tlog=true'];

/** A key of a test: what cosign needs to sign with it and to verify. */
export interface SigningKey {
  readonly sign: readonly string[];
  readonly verify: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Makes a pair of keys in a folder, which is also the home of cosign. */
export async function makeSigningKey(
  cosign: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<SigningKey> {
  const own = { ...env, HOME: folder, COSIGN_PASSWORD: 'rehearsal' };
  const prefix = join(folder, 'cosign');
  await command(cosign, ['generate-key-pair', '--output-key-prefix', prefix], { env: own });
  return {
    sign: ['--key', `${prefix}.key`, ...SIGN],
    verify: ['--key', `${prefix}.pub`, ...VERIFY],
    env: own,
  };
}
