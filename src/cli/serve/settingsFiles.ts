import type { Policy } from '../../rules/policy/policy.ts';
import { byCertificate, ClientCaError, readClientCa } from '../../server/callers/clientCertificates.ts';
import type { Serving } from '../../server/server.ts';
import type { Settings } from '../../settings.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { StartError, startProblems, together } from './startError.ts';

/** Who may call: callers with a certificate of `--client-ca-file`, when there is one. Rejects with a StartError. */
export async function readCallers(
  settings: Partial<Settings>,
): Promise<Pick<Serving, 'clientCa' | 'authenticators'>> {
  const { clientCaFile: file, clientAllowedNames = [] } = settings;
  if (file === undefined) return { clientCa: undefined, authenticators: [] };
  try {
    const authenticators = clientAllowedNames.length > 0 ? [byCertificate(clientAllowedNames)] : [];
    return { clientCa: { ca: await readClientCa(file), file }, authenticators };
  } catch (error) {
    if (error instanceof ClientCaError) throw new StartError([error.message]);
    throw error;
  }
}

/** The policy of `--policy`, or the built-in one. Rejects with a StartError. */
export async function readPolicy(settings: Partial<Settings>): Promise<Policy> {
  const loaded = await loadPolicy(settings.policy, settings.toolhiveVersion);
  if (!loaded.ok) throw new StartError(loaded.problems);
  return loaded.policy;
}

/** The problems of the files that settings name. */
export function fileProblems(settings: Partial<Settings>): Promise<readonly string[]> {
  return together([readPolicy(settings), readCallers(settings)]).then(() => [], startProblems);
}
