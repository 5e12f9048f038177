/** An answer of the API server that is not what was asked for. The message is for a log line. */
export class MalformedAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedAnswer';
  }
}

/** An object of etcd's 1.5 MiB, with room for what JSON escapes. */
export const MAX_OBJECT_BYTES = 8 * 1024 * 1024;
