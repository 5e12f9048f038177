import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';

/** The answer of a webhook, as far as it is printed. */
export interface Answer {
  readonly code: number;
  readonly body: {
    readonly message?: string;
    readonly response?: {
      readonly allowed: boolean;
      readonly status?: {
        readonly message: string;
        readonly details?: {
          readonly kind: string;
          readonly name: string;
          readonly causes?: readonly { readonly field: string; readonly message: string }[];
        };
      };
      readonly warnings?: readonly string[];
      readonly patch?: string;
    };
  };
}

/** Sends an AdmissionReview in a file to a webhook on this machine. */
export async function sendReview(file: string, port: number, caFile: string, path: string): Promise<Answer> {
  const [body, ca] = await Promise.all([readFile(file), readFile(caFile)]);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path,
        method: 'POST',
        ca,
        agent: false,
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        buffer(response)
          .then((bytes) => resolve({ code: response.statusCode ?? 0, body: JSON.parse(bytes.toString()) }))
          .catch(reject);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** The answer as kubectl would print it. */
export function answerText({ code, body }: Answer): string {
  const { response } = body;
  if (!response) return `HTTP ${code}: ${body.message ?? 'no review'}`;
  const lines = (response.warnings ?? []).map((warning) => `Warning: ${warning}`);
  const details = response.status?.details;
  if (response.allowed)
    lines.push(
      response.patch ? `allowed, with this patch: ${Buffer.from(response.patch, 'base64')}` : 'allowed',
    );
  else if (details?.causes)
    lines.push(
      `The ${details.kind} "${details.name}" is invalid:`,
      ...details.causes.map((cause) => `* ${cause.field}: ${cause.message}`),
    );
  else lines.push(`denied: ${response.status?.message ?? 'no reason given'}`);
  return lines.join('\n');
}
