import { Buffer } from 'buffer';

/** The globals of Node that the engine uses. The build puts them in place of the names. */
const setImmediate = (then: () => void): unknown => setTimeout(then);

export { Buffer, setImmediate };
