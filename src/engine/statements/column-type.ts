import { analyzeType } from '../../planner/analyzer/type-analysis.js'
import type { DataType, NodeBase } from '../../planner/parser/ast/index.js'
import { MillraceError, type SqlType } from '../../spi/index.js'
import { errorAt } from './names.js'

/** The type of a column definition. @throws TYPE_NOT_FOUND at the definition, naming the column */
export function columnType(type: DataType, node: NodeBase, column: string): SqlType {
  try {
    return analyzeType(type)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'TYPE_NOT_FOUND') throw error
    const name = error.message.replace(/^Unknown type: /, '')
    throw errorAt(node, 'TYPE_NOT_FOUND', `Unknown type '${name}' for column '${column}'`, error)
  }
}
