import type { AdminApi, ApiAnswer } from './adminApi.ts';

/** An object as the API server takes it. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name?: string;
    readonly namespace?: string;
  };
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

/** The cluster admin's writes of whole objects: what kubectl does with one, without a process for each. */
export class ObjectApi {
  readonly #api: AdminApi;
  readonly #groups = new Map<string, Promise<readonly Resource[]>>();

  constructor(api: AdminApi) {
    this.#api = api;
  }

  /** The resources of a group and version, as the API server lists them. */
  #resources(path: string): Promise<readonly Resource[]> {
    let asked = this.#groups.get(path);
    if (asked === undefined) {
      asked = this.#api.get<{ resources: Resource[] }>(path).then((list) => list?.resources ?? []);
      this.#groups.set(path, asked);
    }
    return asked;
  }

  /** The path of the collection that an object is in. @throws for a kind that the API server does not have. */
  async #collection({ apiVersion, kind, metadata }: ApiObject): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = (await this.#resources(root)).find((one) => one.kind === kind && !one.name.includes('/'));
    if (found === undefined) throw new Error(`the API server has no ${kind} of ${apiVersion}`);
    return found.namespaced
      ? `${root}/namespaces/${metadata.namespace}/${found.name}`
      : `${root}/${found.name}`;
  }

  /** `kubectl create`; `query` is for the API server, such as `fieldValidation=Strict`. */
  async create(object: ApiObject, query = ''): Promise<ApiAnswer> {
    return this.#api.call('POST', `${await this.#collection(object)}?${query}`, object);
  }

  /** `kubectl apply --server-side`. */
  async apply(object: ApiObject, query = ''): Promise<ApiAnswer> {
    const path = `${await this.#collection(object)}/${object.metadata.name}`;
    const more = 'fieldManager=test&force=true&fieldValidation=Strict';
    return this.#api.call('PATCH', `${path}?${more}&${query}`, object, APPLY);
  }

  /** `kubectl patch --type=merge` of the object, or of a subresource such as `status`. */
  async patch(object: ApiObject, patch: object, query = '', subresource = ''): Promise<ApiAnswer> {
    const path = `${await this.#collection(object)}/${object.metadata.name}${subresource && `/${subresource}`}`;
    return this.#api.call('PATCH', `${path}?${query}`, patch, MERGE);
  }

  /** `kubectl delete`. */
  async delete(object: ApiObject, query = ''): Promise<ApiAnswer> {
    return this.#api.call('DELETE', `${await this.#collection(object)}/${object.metadata.name}?${query}`);
  }
}
