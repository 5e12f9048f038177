import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { BACKDATED, makeAuthority, makeLeaf, readAuthority } from '../x509/generate.ts';
import { certificatesOf } from '../x509/parsed.ts';
import type { Authority, Leaf, Stored } from './state.ts';

/** The entries of the Secret that belong to a rotation, as PEM. */
export type Material = Readonly<Partial<Record<'tls.crt' | 'tls.key' | 'ca.crt' | 'ca.key', string>>>;

/** What certificates are made of. */
export interface Making {
  /** DNS names and IP addresses that the serving certificate stands for. */
  readonly names: readonly string[];
  readonly authorityDays: number;
  readonly leafDays: number;
}

/** The PEM of each certificate of a bundle, always spelled the same way. */
export function authoritiesOf(pem: string): readonly string[] {
  return certificatesOf(pem).map((certificate) => certificate.toString());
}

function belongs(certificate: X509Certificate | undefined, key: string | undefined): boolean {
  if (!certificate || key === undefined) return false;
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function standsFor(leaf: X509Certificate, name: string): boolean {
  return (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name)) !== undefined;
}

function leafOf(
  material: Material,
  authorities: readonly X509Certificate[],
  making: Making,
): Leaf | undefined {
  const [leaf] = certificatesOf(material['tls.crt'] ?? '');
  if (!leaf) return undefined;
  const issuer = authorities.find((one) => leaf.checkIssued(one) && leaf.verify(one.publicKey));
  const named = making.names.every((name) => standsFor(leaf, name));
  return {
    madeAt: new Date(leaf.validFromDate.getTime() + BACKDATED),
    notAfter: leaf.validToDate,
    issuer: issuer?.toString(),
    usable: named && belongs(leaf, material['tls.key']),
  };
}

/** What the Secret holds, judged. */
export function storedOf(version: string, material: Material, making: Making): Stored {
  const certificates = certificatesOf(material['ca.crt'] ?? '');
  const authorities: Authority[] = certificates.map((certificate) => ({
    pem: certificate.toString(),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  }));
  return {
    version,
    authorities,
    canSign: belongs(certificates[0], material['ca.key']),
    leaf: leafOf(material, certificates, making),
  };
}

/** The Secret with a new CA in front of the others. */
export async function withNewAuthority(material: Material, making: Making, now: Date): Promise<Material> {
  const commonName = `vmcp-admission CA ${now.toISOString()}`;
  const authority = await makeAuthority({ commonName, now, days: making.authorityDays });
  const others = authoritiesOf(material['ca.crt'] ?? '');
  return { ...material, 'ca.crt': authority.cert + others.join(''), 'ca.key': authority.key };
}

/** The Secret with a new serving certificate of its first CA. @throws when that CA cannot sign. */
export async function withNewLeaf(material: Material, making: Making, now: Date): Promise<Material> {
  const [authority = ''] = authoritiesOf(material['ca.crt'] ?? '');
  const leaf = await makeLeaf(await readAuthority(authority, material['ca.key'] ?? ''), {
    commonName: 'vmcp-admission',
    names: making.names,
    usage: 'server',
    now,
    days: making.leafDays,
  });
  return { ...material, 'tls.crt': leaf.cert, 'tls.key': leaf.key };
}

/** The Secret with its first CA alone. */
export function withoutOldAuthorities(material: Material): Material {
  return { ...material, 'ca.crt': authoritiesOf(material['ca.crt'] ?? '')[0] ?? '' };
}
