import type { NodeLocation } from '../planner/parser/ast/node.js'
import type { Query, QuerySpecification, SelectItem } from '../planner/parser/ast/query.js'
import { SPAN } from './translation.js'

/** The query `SELECT items FROM …` that stands for what a dialect writes in another way. */
export const selectQuery = (
  selectItems: readonly SelectItem[],
  clauses: Pick<QuerySpecification, 'from' | 'where'>,
  location: NodeLocation,
): Query => ({
  kind: 'query',
  span: SPAN,
  sessionProperties: [],
  functions: [],
  queryBody: {
    kind: 'querySpecification',
    select: { kind: 'select', distinct: false, selectItems, location },
    ...clauses,
    windows: [],
    location,
  },
  location,
})
