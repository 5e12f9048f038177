import { type Reviewed, reviewOf } from '../support/reviews.ts';

const VERSION = 'toolhive.stacklok.dev/v1beta1';

/** An entry that nothing is wrong with, in a group. */
export function entry(name: string, group: string, remoteUrl = 'https://mcp.example.com/mcp') {
  return {
    apiVersion: VERSION,
    kind: 'MCPServerEntry',
    metadata: { name, namespace: 'apps', labels: { team: 'platform' } },
    spec: { remoteUrl, transport: 'streamable-http', groupRef: { name: group } },
  };
}

export function group(name: string, namespace = 'apps') {
  return { apiVersion: VERSION, kind: 'MCPGroup', metadata: { name, namespace }, spec: {} };
}

/** A review of a creation as the API server sends it; returns its uid, too. */
export function review(object: Reviewed): { uid: string; body: Buffer } {
  const sent = reviewOf(object);
  return { uid: sent.request.uid, body: Buffer.from(JSON.stringify(sent)) };
}

/** What a webhook answered, as far as the scenarios look at it. */
export interface Verdict {
  readonly uid: string;
  readonly allowed: boolean;
  readonly warnings: readonly string[];
}

/** Reads an AdmissionReview with a response. @throws when it is none. */
export function verdictOf(body: Buffer): Verdict {
  const { response } = JSON.parse(body.toString()) as {
    response: { uid: string; allowed: boolean; warnings?: readonly string[] };
  };
  if (typeof response.allowed !== 'boolean') throw new Error('the answer has no verdict');
  return { uid: response.uid, allowed: response.allowed, warnings: response.warnings ?? [] };
}
