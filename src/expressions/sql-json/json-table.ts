import { MillraceError } from '../../spi/error.js'
import type { RowType, SqlType } from '../../spi/type.js'
import type { Value } from '../../spi/value.js'
import { type JsonNode, writeJson } from '../json/json-node.js'
import type { SessionContext } from '../session-context.js'
import { evaluatePath } from './evaluate-path.js'
import { type JsonEncoding, jsonInput } from './json-input.js'
import { parseSqlJsonPath } from './path.js'
import { isJsonError, pathVariables } from './path-call.js'
import { itemAsValue } from './value-of-item.js'

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
  const variablesOf = pathVariables(passingType, session)
  return (input, options, passing, defaults) => {
    if (input === null) return []
    try {
      const table = new JsonTable(
        rowType,
        session,
        variablesOf(options.passing, passing),
        (defaults ?? []) as readonly Value[],
      )
      const rows = table.rows(options.plan, jsonInput(input, options.format))
      return rows.map((cells) => rowType.fields.map((_, i) => cells.get(i) ?? null))
    } catch (error) {
      if (!isJsonError(error) || options.errorBehavior === 'ERROR') throw error
      return []
    }
  }
}

class JsonTable {
  readonly #rowType: RowType
  readonly #session: SessionContext
  readonly #variables: ReadonlyMap<string, JsonNode>
  readonly #defaults: readonly Value[]

  constructor(
    rowType: RowType,
    session: SessionContext,
    variables: ReadonlyMap<string, JsonNode>,
    defaults: readonly Value[],
  ) {
    this.#rowType = rowType
    this.#session = session
    this.#variables = variables
    this.#defaults = defaults
  }

  rows(node: JsonTableNode, context: JsonNode): readonly Cells[] {
    switch (node.kind) {
      case 'items':
        return this.#items(node.path, context).map((item, i) => this.#cells(node.columns, item, i))
      case 'join':
        return this.#items(node.parent.path, context).flatMap((item, i) => {
          const own = this.#cells(node.parent.columns, item, i)
          const children = this.rows(node.child, item)
          if (children.length === 0) return node.type === 'OUTER' ? [own] : []
          return children.map((child) => new Map([...own, ...child]))
        })
      case 'siblings': {
        const all = node.nodes.map((sibling) => this.rows(sibling, context))
        if (node.type === 'UNION') return all.flat()
        return all.reduce((left, right) =>
          left.flatMap((a) => right.map((b) => new Map([...a, ...b]))),
        )
      }
    }
  }

  #items(path: string, context: JsonNode): readonly JsonNode[] {
    return evaluatePath(parseSqlJsonPath(path), { context, variables: this.#variables })
  }

  #cells(columns: readonly JsonTableColumn[], item: JsonNode, index: number): Cells {
    return new Map(columns.map((column) => [column.output, this.#cell(column, item, index)]))
  }

  #cell(column: JsonTableColumn, item: JsonNode, index: number): Value {
    if (column.kind === 'ordinality') return BigInt(index + 1)
    const type = this.#rowType.fields[column.output]!.type
    try {
      const items = this.#items(column.path, item)
      if (items.length === 0) return this.#onEmpty(column)
      return column.kind === 'value'
        ? itemAsValue(items, type, this.#session)
        : queryResult(items, column)
    } catch (error) {
      if (!isJsonError(error) || column.errorBehavior === 'ERROR') throw error
      if (column.kind === 'query') return emptyJson(column.errorBehavior)
      return column.errorDefault === undefined
        ? null
        : (this.#defaults[column.errorDefault] ?? null)
    }
  }

  #onEmpty(column: Exclude<JsonTableColumn, { kind: 'ordinality' }>): Value {
    if (column.emptyBehavior === 'ERROR') {
      throw new MillraceError(
        'JSON_VALUE_RESULT_ERROR',
        'cannot extract SQL scalar from JSON: JSON path found no items',
      )
    }
    if (column.kind === 'query') return emptyJson(column.emptyBehavior)
    return column.emptyDefault === undefined ? null : (this.#defaults[column.emptyDefault] ?? null)
  }
}

const emptyJson = (behavior: string): Value =>
  behavior === 'EMPTY ARRAY' ? '[]' : behavior === 'EMPTY OBJECT' ? '{}' : null

/**
 * The text of what JSON_QUERY found.
 * @throws JSON_OUTPUT_CONVERSION_ERROR for several items without a wrapper
 */
export function queryResult(
  items: readonly JsonNode[],
  {
    wrapper,
    omitQuotes,
  }: { readonly wrapper?: string | undefined; readonly omitQuotes?: boolean | undefined },
): string {
  const [first] = items as [JsonNode]
  const isComposite = Array.isArray(first) || first instanceof Map
  const wraps =
    wrapper === 'UNCONDITIONAL' || (wrapper === 'CONDITIONAL' && (items.length > 1 || !isComposite))
  if (wraps) return writeJson([...items], false)
  if (items.length > 1) {
    throw new MillraceError(
      'JSON_OUTPUT_CONVERSION_ERROR',
      'conversion from JSON failed: JSON path found multiple items',
    )
  }
  return omitQuotes === true && typeof first === 'string' ? first : writeJson(first, false)
}
