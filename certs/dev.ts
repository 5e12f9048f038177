// Makes the development certificate in certs/dev when there is none, or when it is about to expire.
import { join } from 'node:path';
import { ensureDevCertificate } from './devCertificate.ts';

const folder = join(import.meta.dirname, 'dev');
console.log((await ensureDevCertificate(folder)) === 'made' ? `made ${folder}` : `${folder} is still good`);
