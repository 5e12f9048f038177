import type { McpExternalAuthConfig } from '../toolhive/authConfig.ts';
import { normalise } from '../toolhive/names.ts';

/** Auth configs by name, and by the normalised name that ToolHive names the variables of their secrets after. */
export class AuthConfigIndex {
  readonly #byName = new Map<string, McpExternalAuthConfig>();
  readonly #alike = new Map<string, Map<string, McpExternalAuthConfig>>();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): McpExternalAuthConfig | undefined {
    return this.#byName.get(name);
  }

  put(config: McpExternalAuthConfig): void {
    const { name } = config.metadata;
    this.#byName.set(name, config);
    const key = normalise(name);
    const alike = this.#alike.get(key);
    if (alike) alike.set(name, config);
    else this.#alike.set(key, new Map([[name, config]]));
  }

  delete(name: string): void {
    if (!this.#byName.delete(name)) return;
    const key = normalise(name);
    const alike = this.#alike.get(key);
    alike?.delete(name);
    if (alike?.size === 0) this.#alike.delete(key);
  }

  /** The configs whose names are normalised to the same text, sorted by name. */
  like(name: string): readonly McpExternalAuthConfig[] {
    const alike = this.#alike.get(normalise(name));
    return alike ? [...alike.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) : [];
  }
}
