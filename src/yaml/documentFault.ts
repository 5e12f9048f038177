import type { LineCounter } from 'yaml';

/** What is wrong with a base config, and where: nothing of its text, which may hold secrets. */
export class DocumentFault extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }

  /** The message with line and column, on one line. */
  at(lines: LineCounter): string {
    if (this.offset === undefined || this.offset < 0) return this.message;
    const { line, col } = lines.linePos(this.offset);
    return `${this.message}, at line ${line}, column ${col}`;
  }
}

/** A fault of the text itself: no reader takes it. */
export function notYaml(fault: string, offset?: number): DocumentFault {
  return new DocumentFault(`it is not valid YAML: ${fault}`, offset);
}
