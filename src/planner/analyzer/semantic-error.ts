import { type ErrorCode, MillraceError, nearestName } from '../../spi/index.js'
import type { NodeBase } from '../parser/ast/index.js'

/**
 * An error of the statement at the place of a node.
 * @source Trino io.trino.sql.analyzer.SemanticExceptions
 */
export const semanticError = (
  code: ErrorCode,
  node: NodeBase,
  message: string,
  hint?: string,
): MillraceError => new MillraceError(code, message, { location: node.location, hint })

/** A hint for a name that there is not; undefined where none is near. */
export function nearestHint(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`
}
