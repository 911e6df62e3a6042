const given = process.env['MILLRACE_SEED']

/**
 * Where the random inputs of a test start. The same in every run of `npm test`, so that a red run is the change's own;
 * `npm run fuzz` goes on searching from others, and MILLRACE_SEED=n repeats what it found.
 */
export const SEED = given === undefined ? 1 : Number(given)
if (!Number.isInteger(SEED)) throw new Error(`MILLRACE_SEED is not an integer: ${given}`)
