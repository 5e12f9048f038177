/** The root of an object in CEL: the one that is written, or the one that it replaces. */
export type Root = 'object' | 'oldObject';

/** CEL that gives the list of what breaks a rule in the object of a root; empty when nothing does. */
export type Violations = (root: Root) => string;

/** A text as CEL: double quotes and the escapes that JSON has too. */
export function text(value: string): string {
  return JSON.stringify(value);
}

/** A list of texts as CEL. */
export function texts(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

/** A field below `spec` as an optional value, which has none when any part of the path is missing. */
export function spec(root: Root, ...path: readonly string[]): string {
  return [root, 'spec', ...path].join('.?');
}

/** True when a text field is set and not empty. */
export function isSet(field: string): string {
  return `${field}.orValue("") != ""`;
}

/** The condition with a name for a value in it. CEL has no variables inside of an expression. */
export function bind(value: string, name: string, condition: string): string {
  return `[${value}].exists(${name}, ${condition})`;
}

/** True when a text matches a regular expression of RE2. */
export function matches(value: string, pattern: string): string {
  return `${value}.matches(${text(pattern)})`;
}

/** One violation when a condition holds; `key` says which, so that an update with another one is a new violation. */
export function when(condition: string, key = '"set"'): string {
  return `(${condition}) ? [${key}] : []`;
}
