import { InvalidArgumentError } from 'commander';

/** How an object of the API server can be named. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The name of an object, from an option. @throws InvalidArgumentError for what cannot be one. */
export function toObjectName(text: string): string {
  if (!OBJECT_NAME.test(text))
    throw new InvalidArgumentError('Use lower-case letters, digits, hyphens and dots.');
  return text;
}
