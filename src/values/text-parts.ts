/**
 * The parts of a text, one after the other. V8 makes views of those that are long and copies of the others.
 * @param base what the ends count from
 * @param ends where each part ends, of which `first` is the first one's
 */
export function textParts(
  text: string,
  base: number,
  ends: Int32Array,
  first: number,
  count: number,
): string[] {
  const parts: string[] = new Array(count)
  let from = 0
  for (let i = 0; i < count; i++) {
    const to = ends[first + i]! - base
    parts[i] = text.substring(from, to)
    from = to
  }
  return parts
}
