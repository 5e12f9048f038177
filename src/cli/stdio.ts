/** Exit codes of the commands that judge manifests. */
export const EXIT = { clean: 0, denied: 1, unusable: 2 } as const;

/** Standard input in pieces; it is opened when the first of them is asked for. */
export async function* stdinBytes(): AsyncGenerator<Uint8Array> {
  yield* process.stdin as AsyncIterable<Uint8Array>;
}

/**
 * Writes to a stream without exiting: an exit right after a large write cuts a pipe off at 64 KiB.
 * A reader that went away (`| head`) is not an error.
 */
export function write(stream: NodeJS.WriteStream, content: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(content, () => resolve());
  });
}

/** Adds `-f` to itself: the option may be given many times. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
