import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { javaRealText } from '../../../values/number-text.js'
import { jsonDouble, jsonString, writeJson } from '../../json/json-node.js'
import type { SessionContext } from '../../session-context.js'
import { type JsonEncoding, jsonInput, jsonItemOf } from '../../sql-json/json-input.js'
import { bigDecimalText } from '../../value/decimal.js'

/** What a constructor is told beside its values, as JSON text. */
export interface ConstructorOptions {
  readonly nullOnNull: boolean
  readonly uniqueKeys?: boolean
  /** By value: set where its text is JSON. */
  readonly formats: readonly (JsonEncoding | null)[]
}

/** Writes a value into a JSON text; decimals keep their digits. */
function writerOf(type: SqlType, session: SessionContext): (value: Value) => string {
  if (type.kind === 'decimal') return (value) => bigDecimalText(value as bigint, type.scale)
  const item = jsonItemOf(type, session)
  const numberText = type.kind === 'real' ? javaRealText : jsonDouble
  return (value) => {
    const node = item(value)
    if (typeof node === 'number') {
      return Number.isFinite(node) ? numberText(node) : jsonString(String(node))
    }
    return writeJson(node, false)
  }
}

type ElementWriter = (values: Value, options: ConstructorOptions) => (string | undefined)[]

/** The texts of a row's fields from `first` in steps; absent where a NULL is left out. */
export function elementWriter(
  rowType: SqlType,
  first: number,
  step: number,
  session: SessionContext,
): ElementWriter {
  const types = rowType.kind === 'row' ? rowType.fields.map((f) => f.type) : []
  const writers = types.map((type) => writerOf(type, session))
  return (values, { nullOnNull, formats }) => {
    const row = (values ?? []) as readonly Value[]
    const texts: (string | undefined)[] = []
    for (let i = first; i < types.length; i += step) {
      const value = row[i] ?? null
      const format = formats[texts.length] ?? null
      if (value === null) texts.push(nullOnNull ? 'null' : undefined)
      else if (format === null) texts.push(writers[i]!(value))
      else texts.push(writeJson(jsonInput(value as string | Uint8Array, format), false))
    }
    return texts
  }
}
