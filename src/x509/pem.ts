/** A PEM block as Go finds it. */
interface Block {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly der: Buffer;
  /** Where the line after the block begins. */
  readonly next: number;
}

interface Line {
  readonly text: string;
  readonly next: number;
}

const BEGIN = '-----BEGIN ';
const END = '\n-----END ';
const DASHES = '-----';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const BLANK = /[ \t\r\n]+/g;

/** The line from a place on, without the blanks and the line break at its end; Go's `getLine`. */
function lineAt(text: string, from: number): Line {
  const newline = text.indexOf('\n', from);
  let end = newline < 0 ? text.length : newline;
  if (newline > from && text[newline - 1] === '\r') end--;
  while (end > from && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return { text: text.slice(from, end), next: newline < 0 ? text.length : newline + 1 };
}

/** What Go's `base64.StdEncoding` decodes; undefined where it refuses. Padding must be there and stand at the end. */
function fromBase64(text: string): Buffer | undefined {
  const bare = text.replace(BLANK, '');
  return bare.length % 4 === 0 && BASE64.test(bare) ? Buffer.from(bare, 'base64') : undefined;
}

/** Whether the END line is of the type, and ends its line; `from` is behind `-----END `. */
function endsLine(text: string, from: number, type: string): boolean {
  const after = from + type.length + DASHES.length;
  return (
    text.startsWith(type, from) &&
    text.startsWith(DASHES, from + type.length) &&
    lineAt(text, after).text === ''
  );
}

/**
 * The next block from a place on, which is the beginning of a line: Go's `pem.Decode`, step by step, since every
 * difference is a certificate that one of the two does not see. It takes the first END line, then the last BEGIN before
 * that; it goes on behind that END when the BEGIN does not begin a line, headers run into the END, the types differ,
 * something follows the dashes, or the content is not base64. Source: `encoding/pem` of Go 1.26. Linear in the text.
 */
function nextBlock(text: string, from: number): Block | undefined {
  let at = from;
  let trailer = from;
  for (;;) {
    if (trailer < at || trailer > text.length) return undefined;
    at = trailer;
    const end = text.indexOf(END, at);
    if (end < 0) return undefined;
    trailer = end + END.length;
    const begin = at + text.slice(at, end).lastIndexOf(BEGIN);
    if (begin < at || (begin > at && text[begin - 1] !== '\n')) continue;
    const typeLine = lineAt(text, begin + BEGIN.length);
    at = typeLine.next;
    if (!typeLine.text.endsWith(DASHES)) continue;
    const type = typeLine.text.slice(0, -DASHES.length);
    const body = at;
    for (let line: Line; ; at = line.next) {
      if (at >= text.length) return undefined;
      line = lineAt(text, at);
      if (!line.text.includes(':')) break;
    }
    const hasHeaders = at > body;
    if (hasHeaders && end < at) continue;
    if (!endsLine(text, trailer, type)) continue;
    // In an empty block the line break of the BEGIN line is that of the END line.
    const der = fromBase64(end > at ? text.slice(at, end) : '');
    if (der !== undefined) return { type, hasHeaders, der, next: lineAt(text, end + END.length - 1).next };
  }
}

/**
 * The contents of the blocks that Go takes for certificates, in order: those of type CERTIFICATE without headers.
 * Source: `CertPool.AppendCertsFromPEM` of Go's `crypto/x509`, by which a vMCP reads its CA bundles.
 */
export function* pemCertificates(text: string): Generator<Buffer> {
  for (let block = nextBlock(text, 0); block !== undefined; block = nextBlock(text, block.next))
    if (block.type === 'CERTIFICATE' && !block.hasHeaders) yield block.der;
}
