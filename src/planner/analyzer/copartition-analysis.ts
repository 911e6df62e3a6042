import { commonSuperType } from '../../expressions/coercion.js'
import { coerce } from '../../expressions/ir-build.js'
import type { QualifiedName, TableFunctionInvocation } from '../parser/ast/index.js'
import { semanticError } from './semantic-error.js'
import type { BoundArguments } from './table-function-arguments.js'

type Tables = BoundArguments['tables']

/**
 * COPARTITION lists as positions of arguments, whose partitioning columns get the types that they have in common.
 * @throws MillraceError INVALID_COPARTITIONING, TYPE_MISMATCH
 * @source Trino StatementAnalyzer.analyzeCopartitioning
 */
export function bindCopartitions(
  node: TableFunctionInvocation,
  tables: Tables,
): { readonly tables: Tables; readonly copartitions: readonly (readonly number[])[] } {
  const bound = [...tables]
  const referenced = new Set<number>()
  const copartitions = node.copartitioning.map((names) => {
    const list = names.map((name) => {
      const position = findArgument(name, tables)
      if (referenced.has(position)) {
        throw refuse(
          name,
          `Multiple references to table argument: ${textOf(name)} in COPARTITION clause`,
        )
      }
      referenced.add(position)
      return position
    })
    checkPartitioning(names, list, tables)
    alignTypes(names[0]!, list, bound)
    return list
  })
  return { tables: bound, copartitions }
}

const textOf = (name: QualifiedName): string =>
  name.parts.map((part) => part.value.toLowerCase()).join('.')

const refuse = (name: QualifiedName, message: string) =>
  semanticError('INVALID_COPARTITIONING', name.parts[0]!, message)

/** A bare name may be an alias, a WITH query or a table of the session's schema. */
function findArgument(name: QualifiedName, tables: Tables): number {
  const parts = name.parts.map((part) => part.value.toLowerCase())
  const found = tables.flatMap(({ relationName }, i) =>
    relationName !== undefined && endsAlike(relationName, parts) ? [i] : [],
  )
  if (found.length === 0) throw refuse(name, `No table argument found for name: ${textOf(name)}`)
  if (found.length > 1) {
    const message = `Ambiguous reference: multiple table arguments found for name: ${textOf(name)}`
    throw refuse(name, message)
  }
  return found[0]!
}

function endsAlike(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length)
  return a.slice(-length).every((part, i) => part === b.slice(-length)[i])
}

function checkPartitioning(
  names: readonly QualifiedName[],
  list: readonly number[],
  tables: Tables,
): void {
  list.forEach((position, i) => {
    if (tables[position]!.partitionBy.length > 0) return
    const name = names[i]!
    throw refuse(name, `Table ${textOf(name)} referenced in COPARTITION clause is not partitioned`)
  })
  const widths = new Set(list.map((position) => tables[position]!.partitionBy.length))
  if (widths.size > 1) {
    const message = 'Numbers of partitioning columns in copartitioned tables do not match'
    throw refuse(names[0]!, message)
  }
}

function alignTypes(first: QualifiedName, list: readonly number[], tables: Tables[number][]): void {
  const columnsOf = (position: number) => tables[position]!.partitionBy
  const types = columnsOf(list[0]!).map((_, c) =>
    list
      .map((position) => columnsOf(position)[c]!.type)
      .reduce((common, type) => {
        const next = commonSuperType(common, type)
        if (next !== undefined) return next
        throw semanticError(
          'TYPE_MISMATCH',
          first.parts[0]!,
          'Partitioning columns in copartitioned tables have incompatible types',
        )
      }),
  )
  for (const position of list) {
    const table = tables[position]!
    const partitionBy = table.partitionBy.map((column, c) => coerce(column, types[c]!))
    tables[position] = { ...table, partitionBy }
  }
}
