import { MillraceError } from '../../spi/error.js'
import { isCharacter, type RowType, type SqlType, VARCHAR } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { castFunction } from '../cast/cast.js'
import type { SessionContext } from '../session-context.js'
import { evaluatePath } from './evaluate-path.js'
import { encodeJson, type JsonEncoding, jsonInput } from './json-input.js'
import { parseSqlJsonPath } from './path.js'
import { isJsonError, pathVariables } from './path-call.js'
import { itemText, type PathItem, scalarOf } from './path-item.js'
import { itemAsValue, valueError } from './value-of-item.js'

/** What JSON_TABLE is told beside its values, as JSON text. */
export interface JsonTableOptions {
  readonly format: JsonEncoding
  readonly passing: readonly { readonly name: string; readonly format?: JsonEncoding }[]
  readonly errorBehavior: 'ERROR' | 'EMPTY'
  readonly plan: JsonTableNode
}

/** How rows are made: of the items a path finds, of a parent with its children, of siblings side by side. */
export type JsonTableNode =
  | { readonly kind: 'items'; readonly path: string; readonly columns: readonly JsonTableColumn[] }
  | {
      readonly kind: 'join'
      readonly type: 'INNER' | 'OUTER'
      readonly parent: JsonTableNode & { readonly kind: 'items' }
      readonly child: JsonTableNode
    }
  | {
      readonly kind: 'siblings'
      readonly type: 'UNION' | 'CROSS'
      readonly nodes: readonly JsonTableNode[]
    }

/** `output` is the column's position in the result. */
export type JsonTableColumn =
  | { readonly kind: 'ordinality'; readonly output: number }
  | {
      readonly kind: 'value'
      readonly output: number
      readonly path: string
      readonly emptyBehavior: string
      readonly errorBehavior: string
      /** Positions in the row of defaults. */
      readonly emptyDefault?: number
      readonly errorDefault?: number
    }
  | {
      readonly kind: 'query'
      readonly output: number
      readonly path: string
      readonly emptyBehavior: string
      readonly errorBehavior: string
      readonly format: JsonEncoding
      readonly wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'
      readonly omitQuotes: boolean
    }

type Cells = ReadonlyMap<number, Value>

/** Makes the rows of JSON_TABLE for one input. */
export type JsonTableRunner = (
  input: string | Uint8Array | null,
  options: JsonTableOptions,
  passing: Value,
  defaults: Value,
) => Value[]

export function jsonTableRunner(
  rowType: RowType,
  passingType: SqlType,
  session: SessionContext,
): JsonTableRunner {
  const variablesOf = pathVariables(passingType)
  return (input, options, passing, defaults) => {
    if (input === null) return []
    const table = new JsonTable(rowType, session, options, (defaults ?? []) as readonly Value[])
    const rows = table.rootRows(input, () => variablesOf(options.passing, passing))
    return rows.map((cells) => rowType.fields.map((_, i) => cells.get(i) ?? null))
  }
}

type Variables = ReadonlyMap<string, PathItem>
/** Only the first path has variables. */
const NO_VARIABLES: Variables = new Map()

/**
 * The table's ON ERROR is about its input and the paths that find rows; what a column does with an error, its own says.
 * @source Trino io.trino.operator.table.json
 */
class JsonTable {
  readonly #rowType: RowType
  readonly #session: SessionContext
  readonly #options: JsonTableOptions
  readonly #defaults: readonly Value[]

  constructor(
    rowType: RowType,
    session: SessionContext,
    options: JsonTableOptions,
    defaults: readonly Value[],
  ) {
    this.#rowType = rowType
    this.#session = session
    this.#options = options
    this.#defaults = defaults
  }

  rootRows(input: string | Uint8Array, variables: () => Variables): readonly Cells[] {
    const { plan, format } = this.#options
    const root = this.#unlessFailed(() => ({
      context: jsonInput(input, format),
      variables: variables(),
    }))
    return root === undefined ? [] : this.#rows(plan, root.context, root.variables)
  }

  /** Undefined where it fails and the table has no rows then. */
  #unlessFailed<Result>(attempt: () => Result): Result | undefined {
    try {
      return attempt()
    } catch (error) {
      if (!isJsonError(error) || this.#options.errorBehavior === 'ERROR') throw error
      return undefined
    }
  }

  #rows(
    node: JsonTableNode,
    context: PathItem,
    variables: Variables = NO_VARIABLES,
  ): readonly Cells[] {
    switch (node.kind) {
      case 'items':
        return this.#sequence(node.path, context, variables).map((item, i) =>
          this.#cells(node.columns, item, i),
        )
      case 'join':
        return this.#sequence(node.parent.path, context, variables).flatMap((item, i) => {
          const own = this.#cells(node.parent.columns, item, i)
          const children = this.#rows(node.child, item)
          if (children.length === 0) return node.type === 'OUTER' ? [own] : []
          return children.map((child) => new Map([...own, ...child]))
        })
      case 'siblings': {
        const all = node.nodes.map((sibling) => this.#rows(sibling, context))
        if (node.type === 'UNION') return all.flat()
        return all.reduce((left, right) =>
          left.flatMap((a) => right.map((b) => new Map([...a, ...b]))),
        )
      }
    }
  }

  /** The items that rows are made of. */
  #sequence(path: string, context: PathItem, variables: Variables): readonly PathItem[] {
    return this.#unlessFailed(() => itemsOf(path, context, variables)) ?? []
  }

  #cells(columns: readonly JsonTableColumn[], item: PathItem, index: number): Cells {
    return new Map(columns.map((column) => [column.output, this.#cell(column, item, index)]))
  }

  #cell(column: JsonTableColumn, item: PathItem, index: number): Value {
    if (column.kind === 'ordinality') return BigInt(index + 1)
    const type = this.#rowType.fields[column.output]!.type
    try {
      const items = itemsOf(column.path, item)
      if (items.length > 0) {
        return column.kind === 'value'
          ? itemAsValue(items, type, this.#session)
          : outputText(queryResult(items, column), column, type, this.#session)
      }
    } catch (error) {
      if (!isJsonError(error) || column.errorBehavior === 'ERROR') throw error
      if (column.kind === 'query') return this.#emptyJson(column.errorBehavior, column, type)
      return column.errorDefault === undefined
        ? null
        : (this.#defaults[column.errorDefault] ?? null)
    }
    return this.#onEmpty(column, type)
  }

  #onEmpty(column: Exclude<JsonTableColumn, { kind: 'ordinality' }>, type: SqlType): Value {
    const isQuery = column.kind === 'query'
    if (column.emptyBehavior === 'ERROR') {
      throw isQuery
        ? outputError('JSON path found no items')
        : valueError('JSON path found no items')
    }
    if (isQuery) return this.#emptyJson(column.emptyBehavior, column, type)
    return column.emptyDefault === undefined ? null : (this.#defaults[column.emptyDefault] ?? null)
  }

  #emptyJson(behavior: string, column: QueryColumn, type: SqlType): Value {
    const text = behavior === 'EMPTY ARRAY' ? '[]' : behavior === 'EMPTY OBJECT' ? '{}' : undefined
    return text === undefined ? null : outputText(text, column, type, this.#session)
  }
}

type QueryColumn = Extract<JsonTableColumn, { kind: 'query' }>

const itemsOf = (
  path: string,
  context: PathItem,
  variables: Variables = NO_VARIABLES,
): readonly PathItem[] => evaluatePath(parseSqlJsonPath(path), { context, variables })

/** A text of JSON as the type of its column. */
function outputText(
  text: string,
  { format }: QueryColumn,
  type: SqlType,
  session: SessionContext,
): Value {
  if (type.kind === 'varbinary') return encodeJson(text, format)
  return castFunction(VARCHAR, type, session)!(text)
}

export const outputError = (message: string): MillraceError =>
  new MillraceError('JSON_OUTPUT_CONVERSION_ERROR', `conversion from JSON failed: ${message}`)

/**
 * The text of what JSON_QUERY found.
 * @throws JSON_OUTPUT_CONVERSION_ERROR for several items without a wrapper
 */
export function queryResult(
  items: readonly PathItem[],
  {
    wrapper,
    omitQuotes,
  }: { readonly wrapper?: string | undefined; readonly omitQuotes?: boolean | undefined },
): string {
  const [first] = items as [PathItem]
  const isComposite = Array.isArray(first) || first instanceof Map
  const wraps =
    wrapper === 'UNCONDITIONAL' || (wrapper === 'CONDITIONAL' && (items.length > 1 || !isComposite))
  if (wraps) return `[${items.map(itemText).join(',')}]`
  if (items.length > 1) {
    throw outputError('JSON path found multiple items')
  }
  if (omitQuotes === true) {
    const scalar = scalarOf(first)
    if (scalar !== undefined && isCharacter(scalar.type)) return scalar.value as string
  }
  return itemText(first)
}
