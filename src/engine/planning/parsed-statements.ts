import type { Statement } from '../../planner/parser/ast/index.js'

/** How many are kept; the one used longest ago goes first. */
const STATEMENTS_MAX = 200
/** A longer text is parsed again: what is kept stays small. */
const TEXT_MAX = 16_384

/** A parser that knows the statements of texts that it has seen lately: syntax trees are never changed. */
export function rememberingParser(parse: (sql: string) => Statement): (sql: string) => Statement {
  const statements = new Map<string, Statement>()
  return (sql) => {
    if (sql.length > TEXT_MAX) return parse(sql)
    const known = statements.get(sql)
    statements.delete(sql)
    const statement = known ?? parse(sql)
    statements.set(sql, statement)
    if (statements.size > STATEMENTS_MAX) {
      const [oldest] = statements.keys()
      statements.delete(oldest!)
    }
    return statement
  }
}
