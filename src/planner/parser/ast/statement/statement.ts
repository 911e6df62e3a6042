import type { Query } from '../query.js'
import type { DataDefinition } from './ddl.js'
import type { DataManipulation } from './dml.js'
import type { SecurityStatement } from './security.js'
import type { InspectionStatement, SessionStatement } from './session.js'

/** @source io.trino.sql.tree.Statement and its subclasses */
export type Statement =
  | DataDefinition
  | DataManipulation
  | InspectionStatement
  | Query
  | SecurityStatement
  | SessionStatement

export type StatementKind = Statement['kind']
