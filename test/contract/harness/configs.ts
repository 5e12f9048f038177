import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const FOLDER = join(import.meta.dirname, '..', 'configs');

/** Valid configs, from which mutations start. */
export function configTexts(): string[] {
  return readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8'));
}

/** The data of the document that the vMCP reads of a text. */
export function configData(text: string): unknown {
  const [document] = parseAllDocuments(text, { merge: true });
  return document && 'toJS' in document ? document.toJS() : undefined;
}

/** The variables that these configs need. */
export function configEnv(): Record<string, string> {
  return { SEARCH_TOKEN: 'a', EXCHANGE_SECRET: 'b', VMCP_OIDC_CLIENT_SECRET: 'c' };
}
