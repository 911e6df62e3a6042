/** Rows of a row group: `from` to before `to`. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/** The rows of both lists, whose ranges ascend and lie apart. */
export function intersectRows(a: readonly RowRange[], b: readonly RowRange[]): readonly RowRange[] {
  const both: RowRange[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i]!.from, b[j]!.from)
    const to = Math.min(a[i]!.to, b[j]!.to)
    if (from < to) both.push({ from, to })
    if (a[i]!.to < b[j]!.to) i++
    else j++
  }
  return both
}

/** Appends a range behind the others; one that touches the last becomes part of it. */
export function appendRows(ranges: RowRange[], { from, to }: RowRange): void {
  const last = ranges.at(-1)
  if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to }
  else if (from < to) ranges.push({ from, to })
}
