import { AsnConvert } from '@peculiar/asn1-schema';
import {
  type AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  type Name,
  type TBSCertificate,
} from '@peculiar/asn1-x509';
import type { BundleCertificate } from '../../x509/certificate.ts';

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';

/** The curves of Go, as in certificate.ts, by the DER of their identifiers. */
const GO_CURVES: ReadonlyMap<string, number> = new Map([
  ['06052b81040021', 80],
  ['06082a8648ce3d030107', 91],
  ['06052b81040022', 120],
  ['06052b81040023', 158],
]);

/** The short names that OpenSSL gives to what subjects consist of; others are shown by their numbers. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.42', 'GN'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

function hex(bytes: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A value as OpenSSL prints it: what RFC 2253 asks for and control characters are escaped. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&').replace(
    /\p{Cc}/gu,
    (char) =>
      `\\${hex(new TextEncoder().encode(char))
        .toUpperCase()
        .replace(/(..)(?=.)/g, '$1\\')}`,
  );
}

function attributeText({ type, value }: AttributeTypeAndValue): string {
  return `${SHORT_NAMES.get(type) ?? type}=${escaped(value.toString())}`;
}

function nameText(name: Name): string {
  return [...name].map((part) => [...part].map(attributeText).join(' + ')).join(', ');
}

/** The value of an extension; undefined when there is none. */
function extension<T>({ extensions }: TBSCertificate, id: string, type: new () => T): T | undefined {
  const found = extensions?.find(({ extnID }) => extnID === id);
  return found && AsnConvert.parse(found.extnValue.buffer, type);
}

/** Whether OpenSSL takes it for a CA: basic constraints that say so, and no key usage that says otherwise. */
function isCa(certificate: TBSCertificate): boolean {
  const usage = extension(certificate, id_ce_keyUsage, KeyUsage);
  if (usage && (usage.toNumber() & KeyUsageFlags.keyCertSign) === 0) return false;
  return extension(certificate, id_ce_basicConstraints, BasicConstraints)?.cA === true;
}

/** What Go's `x509.ParseCertificate` refuses: a negative serial number, and curves and points that it does not know. */
function isRefusedByGo({ serialNumber, subjectPublicKeyInfo }: TBSCertificate): boolean {
  if ((new Uint8Array(serialNumber)[0] ?? 0) >= 0x80) return true;
  const { algorithm, parameters } = subjectPublicKeyInfo.algorithm;
  if (algorithm !== EC_PUBLIC_KEY) return false;
  const length = GO_CURVES.get(hex(parameters ?? new ArrayBuffer(0)));
  return AsnConvert.serialize(subjectPublicKeyInfo).byteLength !== length;
}

/**
 * What `readCertificate` of certificate.ts does, without Node. A test holds both to the same answers for every certificate
 * of the tests.
 */
export function readCertificate(der: Uint8Array): BundleCertificate | undefined {
  try {
    const { tbsCertificate } = AsnConvert.parse(der, Certificate);
    if (isRefusedByGo(tbsCertificate)) return undefined;
    const { notBefore, notAfter } = tbsCertificate.validity;
    return {
      subject: nameText(tbsCertificate.subject) || '(no subject)',
      notBefore: notBefore.getTime(),
      notAfter: notAfter.getTime(),
      ca: isCa(tbsCertificate),
    };
  } catch {
    return undefined;
  }
}
