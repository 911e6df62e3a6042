/** A place in the SQL text, both numbers 1-based; columns count code points, as Trino's do. */
export interface NodeLocation {
  readonly line: number
  readonly column: number
}

/** The half-open range of UTF-16 offsets `[start, end)` that a node covers in the SQL text. */
export interface SourceSpan {
  readonly start: number
  readonly end: number
}

/**
 * What every node of the syntax tree has. Nodes are plain data: they survive structured cloning and
 * msgpack. `location` is the place Trino reports in errors about the node, which is not always its
 * first character: that of `a + b` is the `+`, that of `a BETWEEN 1 AND 2` the `BETWEEN`.
 *
 * @source io.trino.sql.tree.Node
 */
export interface NodeBase {
  readonly location: NodeLocation
}
