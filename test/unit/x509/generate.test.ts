import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeAuthority, makeLeaf } from '../../../src/x509/generate.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('a generated certificate', () => {
  it('is signed by its authority, for the names and the time that were asked for', async () => {
    const ca = await makeAuthority({ commonName: 'a CA', now, days: 10 });
    const names = ['localhost', 'a.b.svc', '127.0.0.1', '::1'];
    const leaf = await makeLeaf(ca, { commonName: 'server', names, usage: 'server', now, days: 2 });
    const [root, certificate] = [new X509Certificate(ca.cert), new X509Certificate(leaf.cert)];
    expect(certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.checkIssued(root)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    expect(certificate.subject).toBe('CN=server');
    for (const name of ['localhost', 'a.b.svc']) expect(certificate.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost('other')).toBeUndefined();
    expect(certificate.validToDate).toEqual(new Date('2026-01-03T00:00:00Z'));
    expect(certificate.validFromDate.getTime()).toBeLessThan(now.getTime());
    expect(leaf.notAfter).toEqual(certificate.validToDate);
  });

  it('is an authority only when it was made as one, with keys of the P-256 curve', async () => {
    const ca = await makeAuthority({ commonName: 'a CA', now, days: 10 });
    const leaf = await makeLeaf(ca, { commonName: 'c', names: [], usage: 'client', now, days: 2 });
    expect(new X509Certificate(ca.cert).ca).toBe(true);
    const certificate = new X509Certificate(leaf.cert);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('never has the serial number of another', async () => {
    const ca = await makeAuthority({ commonName: 'a CA', now, days: 10 });
    const leaves = await Promise.all(
      Array.from({ length: 5 }, () =>
        makeLeaf(ca, { commonName: 'c', names: [], usage: 'client', now, days: 2 }),
      ),
    );
    expect(new Set(leaves.map((leaf) => new X509Certificate(leaf.cert).serialNumber)).size).toBe(5);
  });
});
