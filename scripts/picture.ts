// `npm run docs:picture`: the picture of the README, from what kubectl and the command line really print.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readmePicture } from './site/recordings.ts';

writeFileSync(join(import.meta.dirname, '..', 'docs', 'terminal.svg'), await readmePicture());
