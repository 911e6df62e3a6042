/** Row groups are read together up to this size, so that opening the file is small beside reading, and one can be
 * read while another is decoded. */
const PART_BYTES_MAX = 16 << 20
/** What is less is read in the time that another thread takes to begin. */
const PART_BYTES_MIN = 256 << 10
/**
 * What is left of a file makes so many parts at least, as far as it has row groups: towards the end they become small, so that threads end at about
 * the same time. @source Polychronopoulos and Kuck, Guided Self-Scheduling, 1987
 */
const REST_PARTS = 8

/**
 * Divides row groups into parts that are read on their own, each of row groups that follow each other.
 * @param byteLengths of the row groups
 * @returns for each part the indexes of its row groups
 */
export function partsOf(byteLengths: readonly number[], targetBytes: number): number[][] {
  const parts: number[][] = []
  let part: number[] = []
  let partBytes = 0
  let restBytes = byteLengths.reduce((sum, bytes) => sum + bytes, 0)
  byteLengths.forEach((bytes, index) => {
    const shareBytes = Math.max(PART_BYTES_MIN, restBytes / REST_PARTS)
    const wantedBytes = Math.min(targetBytes, PART_BYTES_MAX, shareBytes)
    if (part.length === 0 || partBytes + bytes > wantedBytes) {
      restBytes -= partBytes
      part = []
      partBytes = 0
      parts.push(part)
    }
    part.push(index)
    partBytes += bytes
  })
  return parts
}
