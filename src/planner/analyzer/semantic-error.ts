import { type ErrorCode, MillraceError } from '../../spi/index.js'
import type { NodeBase } from '../parser/ast/index.js'

/**
 * An error of the statement at the place of a node.
 * @source Trino io.trino.sql.analyzer.SemanticExceptions
 */
export const semanticError = (code: ErrorCode, node: NodeBase, message: string): MillraceError =>
  new MillraceError(code, message, { location: node.location })
