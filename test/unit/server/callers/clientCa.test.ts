import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byCertificate, readClientCa } from '../../../../src/server/callers/clientCertificates.ts';
import { CertWatcher } from '../../../../src/server/tls/certWatcher.ts';
import { authority, clientPair, servingPair as serving, writePair } from '../../../support/certificates.ts';
import { recordedLog, testMetrics, until } from '../support.ts';
import { call, runWebhooks, temporaryFolder } from '../tlsSupport.ts';

const [one, two] = await Promise.all([authority('one'), authority('two')]);

async function fileWith(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'client-ca.crt');
  await writeFile(file, text);
  return file;
}

/** Of a curve that OpenSSL knows and Go does not. */
const BRAINPOOL = `-----BEGIN CERTIFICATE-----
MIIBgDCCASagAwIBAgIUa8EERxmUgaVGDetas8zo/NPmTHswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEyODEwMzQzM1oYDzIxMjYxMTA0
MTAzNDMzWjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwWjAUBgcqhkjOPQIBBgkrJAMD
AggBAQcDQgAEoUDsAjc1fSn/1+VHIa00pLBdMRpcBxMZQF+G+5mgCpemfND26DSR
cZdY3u3u/G4jocAURr/WeXJZNGhNqIDMgaNTMFEwHQYDVR0OBBYEFPqVm2ktVN4w
/sx5m+mCGTravD7kMB8GA1UdIwQYMBaAFPqVm2ktVN4w/sx5m+mCGTravD7kMA8G
A1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgBR5J4ZOcwiCoBRAwaVQV
boqVX5nl9OfSI3GNU69f5hACIQChC7Ycrn32P8zQLWA1uAJRNhW5I05VKduAZ/n/
Vz3WoA==
-----END CERTIFICATE-----
`;

const UNREADABLE = /cannot be used: certificates in it that are cut off or cannot be read: 1; it must hold /;

/** The contents of a file that no caller could be trusted by, in whole or in part. */
const BAD: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
  ['is empty', '', /^--client-ca-file \S+ holds no certificate; it must hold /],
  ['is garbage', 'not PEM at all', /holds no certificate; it must hold /],
  ['holds half a certificate', one.cert.slice(0, 200), UNREADABLE],
  ['ends in the middle of the second', one.cert + two.cert.slice(0, 200), UNREADABLE],
  [
    'holds something else as a certificate',
    `${one.cert}-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n`,
    UNREADABLE,
  ],
];

describe('the file of client authorities', () => {
  it.each([one.cert, `# a comment\n${one.cert}\n${two.cert}`, BRAINPOOL])(
    'with whole certificates is taken as it is',
    async (text) => {
      expect(String(await readClientCa(await fileWith(text)))).toBe(text);
    },
  );

  it.each(BAD)('that %s is refused with a sentence without contents', async (_what, text, problem) => {
    const file = await fileWith(text);
    const refused = expect(readClientCa(file)).rejects;
    await refused.toThrow(problem);
    await refused.not.toThrow(/c2VjcmV0/);
  });

  it('that is not there is refused', async () => {
    await expect(readClientCa('/nowhere/ca.crt')).rejects.toThrow(
      '--client-ca-file /nowhere/ca.crt cannot be used: no such file or folder',
    );
  });

  it('is read again: what changed is handed out, what cannot be used is logged once and leaves the last good one', async () => {
    const file = await fileWith(one.cert);
    const { log, lines } = recordedLog();
    const used: string[] = [];
    const watcher = new CertWatcher({
      folder: '/nowhere',
      clientCa: { ca: await readClientCa(file), file },
      log,
      meter: testMetrics().meter,
      now: () => new Date(),
      use: (_pair, ca) => void used.push(String(ca)),
      poll: 3_600_000,
    });
    const look = async () => {
      for (let count = 0; count < 3; count++) await watcher.refresh();
    };
    const said = () =>
      lines.filter(({ msg }) => msg.startsWith('client CA')).map(({ level, msg }) => [level, msg]);
    await look();
    expect([used, said()]).toEqual([[], []]);
    await writeFile(file, one.cert.slice(0, 200));
    await look();
    await rm(file);
    await look();
    expect(used).toEqual([]);
    expect(said()).toEqual([
      ['warn', 'client CA not loaded; the last good one stays'],
      ['warn', 'client CA not loaded; the last good one stays'],
    ]);
    await writeFile(file, two.cert);
    await look();
    expect(used).toEqual([two.cert]);
    expect(said().slice(2)).toEqual([['info', 'client CA loaded']]);
  });

  it('that is rotated decides about new connections, also after a new serving certificate', async () => {
    const folder = await temporaryFolder();
    const ca = await authority();
    await writePair(folder, await serving(ca, 'first'));
    const file = await fileWith(one.cert);
    const [before, after] = await Promise.all([clientPair(one, 'apiserver'), clientPair(two, 'apiserver')]);
    const { port } = await runWebhooks(folder, {
      clientCa: { ca: await readClientCa(file), file },
      authenticators: [byCertificate(['apiserver'])],
      poll: 20,
    });
    const answered = (pair: typeof before) =>
      call(port, ca, { client: pair }).then(
        ({ server }) => server,
        () => undefined,
      );
    expect([await answered(before), await answered(after)]).toEqual(['first', undefined]);
    await writeFile(file, two.cert);
    await until(() => answered(after));
    expect(await answered(before)).toBeUndefined();
    await writePair(folder, await serving(ca, 'second'));
    await until(async () => (await answered(after)) === 'second');
    expect(await answered(before)).toBeUndefined();
  });
});
