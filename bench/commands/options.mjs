/** An option that takes a text; without a value it may be left out. */
export const text = (about, value) => ({
  type: 'string',
  ...(value === undefined ? {} : { default: value }),
  about,
})

/** Options with one meaning in every suite that has them. */
export const SCALE_FACTOR = text('scale factor', '1')
export const THREADS = text('threads of each engine', '2')
export const CHOSEN_QUERIES = text('numbers of queries, separated by commas')

/** Options of suites that run queries on several engines. */
export const ENGINE_OPTIONS = {
  sf: SCALE_FACTOR,
  threads: THREADS,
  peers: text('engines to compare with, separated by commas', 'duckdb'),
  runs: text('counted runs of each query, after one that warms up', '5'),
  deadline: text('seconds after which a run is given up', '120'),
}
