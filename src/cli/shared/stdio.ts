import { styleText } from 'node:util';

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

/** Prints why a command cannot do its work, a sentence on each line; resolves to its exit code. */
export async function fail(lines: readonly string[]): Promise<number> {
  await write(process.stderr, lines.map((line) => `${line}\n`).join(''));
  return EXIT.unusable;
}

type Paint = (style: 'red' | 'yellow' | 'green' | 'bold' | 'dim', text: string) => string;

/** Colours for a terminal, plain text for a pipe. */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}
