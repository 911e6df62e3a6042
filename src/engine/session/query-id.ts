const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

/**
 * Makes ids of queries, such as `20261122_010203_00001_abcde`: UTC time, a counter that starts again each day, and a
 * suffix that tells engines apart.
 * @source Trino QueryIdGenerator
 */
export function queryIdGenerator(now: () => number = Date.now): () => string {
  const suffix = Array.from(
    { length: 5 },
    () => LETTERS[Math.floor(Math.random() * LETTERS.length)],
  ).join('')
  let day = ''
  let counter = 0
  return () => {
    const text = new Date(now()).toISOString()
    const today = text.slice(0, 10).replaceAll('-', '')
    if (today !== day || counter === 99_999) {
      day = today
      counter = 0
    }
    const time = text.slice(11, 19).replaceAll(':', '')
    return `${today}_${time}_${String(counter++).padStart(5, '0')}_${suffix}`
  }
}
