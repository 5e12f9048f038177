/** The fields of an entry that say where its CA bundle is. */
export const REF = 'spec.caBundleRef.configMapRef';
export const NAME = `${REF}.name`;
export const KEY = `${REF}.key`;
