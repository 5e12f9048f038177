import { parseReview } from '../../src/admission/review.ts';

/** An answer of the server to one mutant. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Statuses that a caller may see: an answer, or a refusal that docs name. */
const DOCUMENTED = new Set([200, 400, 413, 429]);

/** What an answer is, as a word to count, or what is wrong with it. */
export type Judged =
  | { readonly ok: true; readonly outcome: string }
  | { readonly ok: false; readonly problem: string };

function wrong(problem: string): Judged {
  return { ok: false, problem };
}

/** Whether a request that is wrong before its body is looked at is refused as the docs say. */
export function judgeRefusal(expected: number, { status, body }: Answer): Judged {
  const json = JSON.parse(body) as { kind?: unknown; code?: unknown };
  return status === expected && json.kind === 'Status' && json.code === expected
    ? { ok: true, outcome: `refused ${expected}` }
    : wrong(`status ${status}, not ${expected}: ${body.slice(0, 500)}`);
}

/** Whether the answer fits the body that was sent. */
export function judgeAnswer(sent: Buffer, { status, body }: Answer): Judged {
  if (!DOCUMENTED.has(status)) return wrong(`status ${status} is not documented: ${body.slice(0, 500)}`);
  let json: {
    kind?: unknown;
    apiVersion?: unknown;
    response?: Record<string, unknown>;
    code?: unknown;
    message?: unknown;
  };
  try {
    json = JSON.parse(body) as typeof json;
  } catch {
    return wrong(`the answer is no JSON: ${body.slice(0, 500)}`);
  }
  const parsed = parseReview(sent);
  if (status !== 200) {
    if (json.kind !== 'Status' || json.code !== status || typeof json.message !== 'string')
      return wrong(`a refusal without a Status: ${body.slice(0, 500)}`);
    // A review without the object of its operation is well-formed, and refused all the same.
    return parsed.ok && status === 400 && parsed.request.object != null
      ? wrong(`a review was refused: ${body.slice(0, 500)}`)
      : { ok: true, outcome: `refused ${status}` };
  }
  if (!parsed.ok) return wrong(`what is no review was answered: ${body.slice(0, 500)}`);
  const response = json.response ?? {};
  if (
    json.apiVersion !== 'admission.k8s.io/v1' ||
    json.kind !== 'AdmissionReview' ||
    response.uid !== parsed.request.uid
  )
    return wrong(`no AdmissionReview with the uid of the request: ${body.slice(0, 500)}`);
  const failure = response.status as { code?: unknown } | undefined;
  if (response.allowed === true) {
    if (response.patch === undefined) return { ok: true, outcome: 'allowed' };
    const patch: unknown = JSON.parse(Buffer.from(String(response.patch), 'base64').toString());
    return Array.isArray(patch) && response.patchType === 'JSONPatch'
      ? { ok: true, outcome: 'patched' }
      : wrong('a patch that is no JSON Patch');
  }
  return response.allowed === false && failure?.code === 422
    ? { ok: true, outcome: 'denied' }
    : wrong(`neither allowed nor denied: ${body.slice(0, 500)}`);
}
