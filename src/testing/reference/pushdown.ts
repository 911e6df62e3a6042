import {
  type AggregateFunction,
  type ConnectorAssignment,
  type ConnectorExpression,
  conjunction,
  extractConjuncts,
  intersectTuples,
  isComparable,
  isOrderable,
  type PushdownMetadata,
  plainEquals,
  plainKey,
  TUPLE_DOMAIN_ALL,
  tuplesEqual,
  variableNames,
} from '../../spi/index.js'
import { isSupported, renameVariables } from './evaluate.js'
import type {
  ReferenceAggregate,
  ReferenceColumn,
  ReferenceTypes,
  Relation,
  SortColumn,
} from './handles.js'
import { columnsOf } from './relation-rows.js'
import { type CatalogState, storedTable } from './state.js'

type Assignments = Readonly<Record<string, ReferenceColumn>>
const variable = ({ name, type }: ReferenceColumn): ConnectorExpression => ({
  kind: 'variable',
  name,
  type,
})
const named = (e: ConnectorExpression, assignments: Assignments): ConnectorExpression =>
  renameVariables(e, (name) => assignments[name]!.name)

/** A column that the relation does not have yet. */
function freshColumns(
  taken: readonly ReferenceColumn[],
  wanted: readonly Pick<ReferenceColumn, 'type'>[],
  prefix: string,
): readonly ReferenceColumn[] {
  const names = new Set(taken.map((column) => column.name))
  let next = 0
  return wanted.map(({ type }) => {
    while (names.has(`${prefix}${next}`)) next++
    return { name: `${prefix}${next++}`, type }
  })
}

/** All pushdown there is: each step becomes a relation over the one before it. */
export function referencePushdown(
  state: CatalogState,
): Omit<
  PushdownMetadata<ReferenceTypes>,
  | 'executeDelete'
  | 'executeUpdate'
  | 'applyDelete'
  | 'applyUpdate'
  | 'explainRefusal'
  | 'explainRefusedWork'
> {
  return {
    ...rowPushdown(),
    applyProjection: (_session, { relation }, projections, assignments) =>
      projected(relation, projections, assignments),
    applyAggregation(_session, { relation }, aggregates, assignments, groupingSets) {
      const [groupBy, ...others] = groupingSets
      if (groupBy === undefined || others.length > 0) return undefined
      return aggregated(state, relation, groupBy, aggregates, assignments)
    },
    applyJoin(_session, type, left, right, condition, leftAssignments, rightAssignments) {
      const terms = extractConjuncts(condition)
      if (!terms.every(isSupported)) return undefined
      const lefts = columnsOf(left.relation, state)
      const rights = columnsOf(right.relation, state)
      const to = freshColumns([], [...lefts, ...rights], '_j')
      const leftColumns = lefts.map((from, i) => ({ from, to: to[i]! }))
      const rightColumns = rights.map((from, i) => ({ from, to: to[lefts.length + i]! }))
      const columnOf = (name: string): string => {
        const [own, among] =
          leftAssignments[name] === undefined
            ? [rightAssignments[name]!, rightColumns]
            : [leftAssignments[name]!, leftColumns]
        return among.find(({ from }) => from.name === own.name)!.to.name
      }
      const relation: Relation = {
        kind: 'join',
        type,
        left: left.relation,
        right: right.relation,
        terms: terms.map((term) => renameVariables(term, columnOf)),
        leftColumns,
        rightColumns,
      }
      return { handle: { relation }, leftColumns, rightColumns }
    },
    applyTableFunction: (_session, call) => {
      if (call.kind !== 'numbers') return undefined
      const relation: Relation = { kind: 'numbers', from: call.from, to: call.to }
      return { handle: { relation }, columns: columnsOf(relation, state) }
    },
    applyTableScanRedirect(_session, { relation }) {
      if (relation.kind !== 'table') return undefined
      const { properties, columns } = storedTable(state, relation)
      const target = properties['redirected_to'] as string | undefined
      if (target === undefined) return undefined
      const [catalog, schema, table] = target.split('.') as [string, string, string]
      return {
        table: { catalog, schema, table },
        columns: columns.map(({ name, type }) => ({ column: { name, type }, name })),
        filter: TUPLE_DOMAIN_ALL,
      }
    },
  }
}

function rowPushdown(): Pick<
  PushdownMetadata<ReferenceTypes>,
  'applyFilter' | 'applyLimit' | 'applyTopN' | 'applySample'
> {
  return {
    applyFilter(_session, { relation }, { summary, expression, assignments }) {
      const offered = extractConjuncts(expression)
      const supported = offered.filter(isSupported)
      const known = relation.kind === 'filter' ? relation : undefined
      const knownTerms = known?.terms ?? []
      const keys = new Set(knownTerms.map(plainKey))
      const added = supported
        .map((term) => named(term, assignments))
        .filter((term) => !keys.has(plainKey(term)))
      const before = known?.domain ?? TUPLE_DOMAIN_ALL
      const domain = intersectTuples(before, summary)
      if (added.length === 0 && tuplesEqual(domain, before)) return undefined
      return {
        handle: {
          relation: {
            kind: 'filter',
            source: known?.source ?? relation,
            domain,
            terms: [...knownTerms, ...added],
          },
        },
        remainingFilter: TUPLE_DOMAIN_ALL,
        remainingExpression: conjunction(offered.filter((term) => !isSupported(term))),
      }
    },
    applyLimit(_session, { relation }, count) {
      if (relation.kind === 'limit' && relation.count <= count) return undefined
      return {
        handle: { relation: { kind: 'limit', source: relation, count } },
        limitGuaranteed: true,
      }
    },
    applyTopN(_session, { relation }, count, sortItems, assignments) {
      const items = sortItems.map(
        ({ name, ...item }): SortColumn => ({ ...item, column: assignments[name]! }),
      )
      if (
        relation.kind === 'topN' &&
        relation.count <= count &&
        plainEquals(relation.items, items)
      ) {
        return undefined
      }
      return {
        handle: { relation: { kind: 'topN', source: relation, count, items } },
        topNGuaranteed: true,
      }
    },
    applySample: (_session, { relation }, _type, ratio) => ({
      handle: { relation: { kind: 'sample', source: relation, ratio } },
    }),
  }
}

function projected(
  relation: Relation,
  projections: readonly ConnectorExpression[],
  assignments: Assignments,
): ReturnType<PushdownMetadata<ReferenceTypes>['applyProjection']> {
  const isTaken = (e: ConnectorExpression): boolean =>
    e.kind !== 'variable' && e.kind !== 'constant' && isSupported(e)
  const taken = projections.filter(isTaken)
  if (taken.length === 0) return undefined
  const left = new Set(projections.filter((e) => !isTaken(e)).flatMap((e) => [...variableNames(e)]))
  const kept = [...left].map((name) => ({ name, column: assignments[name]! }))
  const columns = freshColumns(Object.values(assignments), taken, '_p')
  const outputs = [
    ...[...new Map(kept.map(({ column }) => [column.name, column])).values()].map((column) => ({
      column,
      expression: variable(column),
    })),
    ...taken.map((e, i) => ({ column: columns[i]!, expression: named(e, assignments) })),
  ]
  let next = 0
  return {
    handle: { relation: { kind: 'project', source: relation, outputs } },
    projections: projections.map((e) => (isTaken(e) ? variable(columns[next++]!) : e)),
    assignments: [
      ...kept.map(
        ({ name, column }): ConnectorAssignment<ReferenceColumn> => ({
          variable: name,
          column,
          type: column.type,
        }),
      ),
      ...columns.map((column) => ({ variable: column.name, column, type: column.type })),
    ],
  }
}

const SUMMED: readonly string[] = ['tinyint', 'smallint', 'integer', 'bigint']

/** Undefined for an aggregate that is not understood. */
function understood(
  call: AggregateFunction,
  column: ReferenceColumn,
  assignments: Assignments,
): ReferenceAggregate | undefined {
  const [arg, ...more] = call.args
  if (more.length > 0 || call.orderBy.length > 0) return undefined
  if (arg !== undefined && arg.kind !== 'variable') return undefined
  if (call.filter !== undefined && call.filter.kind !== 'variable') return undefined
  const argument = arg === undefined ? undefined : assignments[arg.name]!
  const common = {
    column,
    distinct: call.distinct,
    ...(argument === undefined ? {} : { argument }),
    ...(call.filter === undefined ? {} : { filter: assignments[call.filter.name]! }),
  }
  switch (call.function) {
    case 'count':
      if (call.distinct && (argument === undefined || !isComparable(argument.type)))
        return undefined
      return { ...common, function: 'count' }
    case 'min':
    case 'max':
      // The engine knows what NaN does.
      if (argument === undefined || !isOrderable(argument.type)) return undefined
      if (argument.type.kind === 'real' || argument.type.kind === 'double') return undefined
      if (['array', 'row', 'map'].includes(argument.type.kind)) return undefined
      return { ...common, function: call.function }
    case 'sum':
      if (argument === undefined || !SUMMED.includes(argument.type.kind)) return undefined
      return { ...common, function: 'sum' }
    default:
      return undefined
  }
}

function aggregated(
  state: CatalogState,
  relation: Relation,
  groupBy: readonly ReferenceColumn[],
  calls: readonly AggregateFunction[],
  assignments: Assignments,
): ReturnType<PushdownMetadata<ReferenceTypes>['applyAggregation']> {
  const columns = freshColumns(
    columnsOf(relation, state),
    calls.map((call) => ({ type: call.outputType })),
    '_a',
  )
  const aggregates = calls.map((call, i) => understood(call, columns[i]!, assignments))
  if (!aggregates.every((aggregate) => aggregate !== undefined)) return undefined
  return {
    handle: { relation: { kind: 'aggregate', source: relation, groupBy, aggregates } },
    projections: columns.map(variable),
    assignments: columns.map((column) => ({ variable: column.name, column, type: column.type })),
    groupingColumnMapping: groupBy.map((column) => ({ from: column, to: column })),
  }
}
