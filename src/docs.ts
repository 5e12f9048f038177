/** Where the documentation is published. The build sets it; in a checkout there is no such name. */
declare const DOCS_BASE: string | undefined;

/** The address that `docs/` stands below; it ends with a slash. */
const BASE = new URL('.', typeof DOCS_BASE === 'undefined' ? 'https://vmcp-admission.dev/' : DOCS_BASE).href;

/** The address of a page or an anchor of the documentation, by its path in the repository. */
export function docsUrl(path: string): string {
  return BASE + path;
}

/** The address of the page of a rule. */
export function ruleUrl(rule: string): string {
  return docsUrl(`docs/rules/${rule}.md`);
}
