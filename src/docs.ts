/** Where the documentation is published. The build sets it; in a checkout there is no such name. */
declare const DOCS_BASE: string | undefined;

/** The address that `docs/` stands below. */
const BASE = typeof DOCS_BASE === 'undefined' ? 'https://vmcp-admission.dev/' : DOCS_BASE;

/** The address of a page or an anchor of the documentation, by its path in the repository. */
export function docsUrl(path: string): string {
  return new URL(path, BASE).href;
}

/** The address of the page of a rule. */
export function ruleUrl(rule: string): string {
  return docsUrl(`docs/rules/${rule}.md`);
}
