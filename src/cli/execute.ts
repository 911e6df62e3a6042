import { once } from 'node:events'
import { Engine } from '../engine/engine.js'
import { withProperty } from '../engine/session.js'
import { cellReader } from '../engine/values/cell-reader.js'
import { MillraceError } from '../spi/index.js'

/** Runs a statement on an engine of this process and prints its rows as CSV, at the pace they are read. */
export async function executeStatement(
  sql: string,
  options: {
    readonly catalog?: string | undefined
    readonly schema?: string | undefined
    readonly session?: readonly string[] | undefined
  },
): Promise<number> {
  const engine = await Engine.create({
    catalogs: {
      tpch: { 'connector.name': 'tpch' },
      files: { 'connector.name': 'files', 'files.root': '.' },
    },
    localFiles: true,
  })
  try {
    let session = engine.defaultSession
    if (options.catalog !== undefined) session = { ...session, catalog: options.catalog }
    if (options.schema !== undefined) session = { ...session, schema: options.schema }
    for (const setting of options.session ?? []) {
      const equals = setting.indexOf('=')
      if (equals <= 0) {
        throw new MillraceError('CONFIGURATION_INVALID', `Not NAME=VALUE: ${setting}`)
      }
      session = withProperty(session, setting.slice(0, equals), setting.slice(equals + 1))
    }
    const run = engine.createRun({ sql: sql.trim().replace(/;$/, ''), session })
    for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
      const readers = page.blocks.map((block) => cellReader(block, 'exact'))
      let text = ''
      for (let position = 0; position < page.rowCount; position++) {
        text += `${readers.map((read) => csvText(read(position))).join(',')}\n`
      }
      if (!process.stdout.write(text)) await once(process.stdout, 'drain')
    }
    const { updateType, updateCount } = run
    if (updateType !== undefined && run.rowCount === 0) {
      process.stdout.write(`${updateType}${updateCount === undefined ? '' : `: ${updateCount}`}\n`)
    }
    return 0
  } finally {
    await engine.close()
  }
}

/** A cell as the Trino CLI writes CSV: quoted, NULL as nothing. */
function csvText(value: unknown): string {
  if (value === null) return ''
  const text =
    value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : typeof value === 'object'
        ? JSON.stringify(value, plainJson)
        : String(value)
  return `"${text.replaceAll('"', '""')}"`
}

const plainJson = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`
  if (value instanceof Map) return Object.fromEntries(value)
  return value
}
