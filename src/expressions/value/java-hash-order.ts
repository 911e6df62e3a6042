/** Entries a table of 2^n buckets takes before it doubles, as a share of the buckets. */
const LOAD_FACTOR = 0.75
const BUCKETS_MIN = 16

/** Java's hash of a text, with its high bits mixed into the low ones. */
function spreadHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash ^ (hash >>> 16)
}

/**
 * Distinct texts in the order in which a Java hash map that they were put into gives them: by bucket, and in a bucket as
 * they came. What Trino keeps in such a map comes out so.
 * @source java.util.HashMap
 */
export function javaHashOrder(texts: readonly string[]): readonly string[] {
  let buckets = BUCKETS_MIN
  while (texts.length > buckets * LOAD_FACTOR) buckets *= 2
  return texts
    .map((text) => ({ text, bucket: spreadHash(text) & (buckets - 1) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ text }) => text)
}
