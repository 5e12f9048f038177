/** Causes that no message tells: the object passed. What was read tells them. */
export const SILENT_CAUSES = ['not-registered', 'drift', 'fails-open', 'passed'] as const;

/** Why the API server could not call the webhook. */
type CallCause = keyof typeof CAUSES;

/** Why the API server could not call the webhook, or did not. */
export type CauseId = CallCause | (typeof SILENT_CAUSES)[number];

interface Cause {
  /** What the API server's message has in it. */
  readonly text: RegExp;
  readonly means: string;
}

/**
 * The causes of a failed call, by what the API server says. The first that fits counts, so the more exact ones come first.
 * Source of the texts: kube-apiserver 1.34 with each fault made by hand ("How the causes were tried" in docs/doctor.md), Go's
 * net, net/http, crypto/tls and crypto/x509, and the threads that docs/doctor.md names.
 */
export const CAUSES = {
  'api-server-proxy': {
    // Of a proxy that refuses CONNECT, Go shows the words of its status line and nothing else.
    text: /proxyconnect|Proxy Authentication Required|gateway time-?out|(?:^|: )(?:Service Unavailable|Bad Gateway|Bad Request|Forbidden|Internal Server Error|Method Not Allowed|Not Found|unknown status code)$/i,
    means:
      'the API server calls webhooks through a proxy: its NO_PROXY lacks .svc and the ranges of Services and Pods',
  },
  'address-not-allowed': {
    text: /address is not allowed/i,
    means:
      'the control plane cannot reach the Pod network (EKS with an overlay network): run the replicas with hostNetwork',
  },
  'service-missing': {
    text: /services? "[^"]*" not found/,
    means: 'the Service that the configuration names does not exist',
  },
  'no-endpoints': {
    text: /no endpoints available/,
    means: 'no replica behind the Service is ready',
  },
  'name-not-resolved': {
    text: /no such host|server misbehaving|lookup \S+(?: on |: )/,
    means: 'the API server cannot resolve the host of the configuration; a Service is called without DNS',
  },
  'x509-unknown-ca': {
    text: /x509: certificate signed by unknown authority|unable to load root certificates|x509: certificate is not trusted|bytes is not a valid/,
    means: 'the caBundle of the configuration does not hold the CA of what the replicas serve',
  },
  'x509-expired': {
    text: /x509: certificate has expired|certificate is not yet valid/,
    means: 'a certificate is out of its time: the one that the replicas serve, or a CA of the caBundle',
  },
  'x509-name': {
    text: /x509: certificate is (?:valid for|not valid for any)|x509: certificate relies on legacy Common Name|cannot validate certificate for/,
    means: 'the certificate that the replicas serve has other names than the Service',
  },
  'client-certificate': {
    text: /error: tls: (?:certificate required|(?:bad|expired|revoked|unsupported|unknown) certificate)|bearer token is (?:required|not accepted)/,
    means:
      'the webhook takes calls only from known callers, and the API server does not identify itself as one of them',
  },
  refused: {
    text: /connection refused/,
    means: 'nothing listens behind the address of the Service',
  },
  'not-routed': {
    text: /no route to host|network is unreachable|host is down|connect: (?:permission denied|operation not permitted|invalid argument)/,
    means:
      'the network refuses the way from the API server to the replicas: a NetworkPolicy, a firewall, or the Pod network',
  },
  'webhook-not-ready': {
    text: /has not read the cluster's ToolHive objects|cannot decide about the Pod without it|did not finish within its deadline|too many reviews/,
    means: 'a replica answered that it cannot decide yet',
  },
  'not-followed': {
    text: /is not among --namespaces/,
    means: 'the webhook is asked about a namespace that its --namespaces leaves out',
  },
  'webhook-error': {
    text: /internal error in vmcp-admission/,
    means: 'the webhook has a bug; its log has the details',
  },
  'time-out': {
    text: /deadline exceeded|i\/o timeout|timeout awaiting|Client\.Timeout|TLS handshake timeout|request timed out/i,
    means:
      'the API server waits in vain: a firewall or NetworkPolicy drops its packets to the port of the replicas, or a replica hangs',
  },
  'not-tls': {
    text: /gave HTTP response to HTTPS client|first record does not look like a TLS handshake|malformed HTTP response|connection reset by peer|\bEOF$/,
    means: 'what answers is not the webhook, or it ended the connection',
  },
} as const satisfies Readonly<Record<string, Cause>>;

/** The cause that a message of the API server tells; undefined when it is none of those above. */
export function causeOf(message: string): CallCause | undefined {
  const ids = Object.keys(CAUSES) as CallCause[];
  return ids.find((id) => CAUSES[id].text.test(message));
}

/** What a cause means, in a clause. */
export function meaningOf(id: CallCause): string {
  return CAUSES[id].means;
}
