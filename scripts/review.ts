// Sends a review to the webhook of `npm start` and prints the answer as kubectl would:
//   npm run --silent review [-- FILE [--port N] [--mutate]]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answerText, sendReview } from './start/sendReview.ts';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '8443' }, mutate: { type: 'boolean', default: false } },
});
const file = positionals[0] ?? join(root, 'examples/reviews/bad-entry.json');
try {
  const path = values.mutate ? '/mutate' : '/validate';
  const answer = await sendReview(file, Number(values.port), join(root, 'certs/dev/ca.crt'), path);
  console.log(answerText(answer));
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  console.error(
    code === 'ECONNREFUSED'
      ? `nothing listens on port ${values.port}; run npm start in another terminal`
      : `no answer: ${error instanceof Error ? error.message : code}`,
  );
  process.exitCode = 1;
}
