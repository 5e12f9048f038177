/** A CA, as far as the rotation judges it. Two CAs are the same when their PEM is. */
export interface Authority {
  readonly pem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The serving certificate in the Secret. */
export interface Leaf {
  /** When it was made. Its notBefore is a little earlier. */
  readonly madeAt: Date;
  readonly notAfter: Date;
  /** PEM of the CA in the Secret that signed it; undefined when no CA there did. */
  readonly issuer: string | undefined;
  /** Whether it has the right names and the key beside it is its own. */
  readonly usable: boolean;
}

/** What the Secret holds. */
export interface Stored {
  /** Its resourceVersion: a write of another version is refused. */
  readonly version: string;
  /** The CAs that must be trusted. The first is the one that signs. */
  readonly authorities: readonly Authority[];
  /** Whether the Secret has the key of the first CA. */
  readonly canSign: boolean;
  readonly leaf: Leaf | undefined;
}

export type ConfigurationKind = 'validatingwebhookconfigurations' | 'mutatingwebhookconfigurations';

/** A webhook configuration and what it trusts. */
export interface Configuration {
  readonly kind: ConfigurationKind;
  readonly version: string;
  /** PEM of the CAs in the caBundle of each webhook, by the name of the webhook. */
  readonly trusted: ReadonlyMap<string, readonly string[]>;
}

/** Everything that the next step depends on. */
export interface State {
  readonly configurations: readonly Configuration[];
  readonly secret: Stored;
}
