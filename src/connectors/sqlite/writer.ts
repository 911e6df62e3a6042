import type { Page } from '../../spi/index.js'
import { quoted, type SqlWriteConnection } from '../sql-base/database.js'
import type { SqlWrite } from '../sql-base/handles.js'
import { heldValue } from '../sql-base/held-value.js'
import { columnDefinition, type Storage } from './columns.js'
import type { SqliteConfig } from './config.js'
import { SqliteConnection } from './connection.js'
import { sqliteError } from './errors.js'
import { type BoundValue, encode } from './values.js'

/** Parameters and rows of one INSERT. */
const PARAMETERS_MAX = 900
const ROWS_MAX = 64
const SLICE_MILLIS = 4

/** A transaction that writes. The file is locked from the first statement on it, not while rows come to their stage. */
export async function beginSqliteWrite(config: SqliteConfig): Promise<SqlWriteConnection> {
  const connection = await SqliteConnection.open(config, true)
  const inserters = new Map<string, (parameters: readonly BoundValue[]) => void>()
  await connection.execute('BEGIN')

  const inserter = async (stage: string, width: number, rowCount: number) => {
    const key = `${stage} ${rowCount}`
    let insert = inserters.get(key)
    if (insert === undefined) {
      const row = `(${Array(width).fill('?').join(', ')})`
      const rows = Array(rowCount).fill(row).join(', ')
      insert = await connection.inserter(`INSERT INTO temp.${quoted(stage)} VALUES ${rows}`)
      inserters.set(key, insert)
    }
    return insert
  }

  return {
    async execute(sql) {
      await connection.execute(sql)
      const [row] = await connection.all('SELECT changes()')
      return Number(row?.[0] ?? 0)
    },
    stageName: (stage) => `temp.${quoted(stage)}`,
    async createStage(stage, columns) {
      const list = columns.map(({ name, held, storage }) => {
        const definition = columnDefinition(held)
        // A stage holds values as their column does.
        const sql = definition?.storage === storage ? definition.sql : 'NUMERIC'
        return `${quoted(name)} ${sql}`
      })
      await connection.execute(`CREATE TEMP TABLE ${quoted(stage)} (${list.join(', ')})`)
    },
    async append(stage, columns, page) {
      const rowsAtOnce = Math.max(
        1,
        Math.min(ROWS_MAX, Math.floor(PARAMETERS_MAX / columns.length)),
      )
      let start = performance.now()
      try {
        for (let from = 0; from < page.rowCount; from += rowsAtOnce) {
          const to = Math.min(from + rowsAtOnce, page.rowCount)
          const insert = await inserter(stage, columns.length, to - from)
          insert(parametersOf(columns, page, from, to))
          if (performance.now() - start > SLICE_MILLIS) {
            await new Promise((resolve) => setImmediate(resolve))
            start = performance.now()
          }
        }
      } catch (error) {
        throw sqliteError(error, config.path)
      }
    },
    async commit() {
      try {
        await connection.execute('COMMIT')
      } catch (error) {
        await connection.execute('ROLLBACK').catch(() => undefined)
        throw error
      } finally {
        connection.close()
      }
    },
    async rollback() {
      try {
        await connection.execute('ROLLBACK')
      } finally {
        connection.close()
      }
    },
  }
}

function parametersOf(
  columns: SqlWrite['columns'],
  page: Page,
  from: number,
  to: number,
): BoundValue[] {
  const parameters: BoundValue[] = []
  for (let position = from; position < to; position++) {
    for (const [i, { name, type, held, storage }] of columns.entries()) {
      const value = heldValue(type, page.blocks[i]!, position)
      parameters.push(encode(value, name, held, storage as Storage))
    }
  }
  return parameters
}
