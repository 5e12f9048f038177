import { InvalidArgumentError } from 'commander';
import { isObjectName } from '../../kubernetes/objectNames.ts';

/** The name of an object, from an option. @throws InvalidArgumentError for what cannot be one. */
export function toObjectName(text: string): string {
  if (!isObjectName(text))
    throw new InvalidArgumentError('Use lower-case letters, digits, hyphens and dots.');
  return text;
}
