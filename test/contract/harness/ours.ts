import { readBaseConfig } from '../../../src/injection/config/baseConfig.ts';
import { configProblems } from '../../../src/toolhive/vmcpConfig/configProblems.ts';

/** What this project says of a config. */
export interface OurVerdict {
  /** Not readable, or not in a form that can be merged. */
  readonly unreadable?: string;
  /** What would end the vMCP. */
  readonly problems: readonly string[];
}

/** Reads and judges a config as injection does. */
export async function ourVerdict(yaml: string, env: Readonly<Record<string, string>>): Promise<OurVerdict> {
  const read = await readBaseConfig(yaml, async () => {});
  if (!read.ok) return { unreadable: read.message, problems: [] };
  const problems = configProblems(read.value.data, (name) => Boolean(env[name]));
  return { problems: problems.map(({ path, message }) => `${path} ${message}`) };
}
