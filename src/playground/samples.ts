/** A text to begin with. */
export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly group: 'Examples' | 'Mistakes' | 'Rules';
  readonly text: string;
}

/** Loads a module of data that the build of the site makes. Scripts may be loaded; connections may not be made. */
async function load<T>(name: string): Promise<T> {
  const module: { default: T } = await import(new URL(name, import.meta.url).href);
  return module.default;
}

/** The texts to pick from. */
export function loadSamples(): Promise<readonly Sample[]> {
  return load('playground-samples.js');
}

let pages: Promise<Readonly<Record<string, string>>> | undefined;

/** The page of a rule as HTML; undefined for an id that has none. */
export async function rulePage(rule: string): Promise<string | undefined> {
  pages ??= load('rule-pages.js');
  return (await pages)[rule];
}
