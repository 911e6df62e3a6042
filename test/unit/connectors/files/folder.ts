import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Millrace } from '../../../../src/engine/millrace.js'
import { toMillraceError } from '../../../../src/spi/index.js'

/** A folder of files, and an engine whose catalog `files` has it as its root. */
export interface FilesFolder extends AsyncDisposable {
  readonly root: string
  readonly engine: Millrace
  write(path: string, content: string | Uint8Array): void
  rows(sql: string): Promise<unknown[]>
  /** `CODE: message`, the root left out of it. */
  failure(sql: string): Promise<string>
}

export async function filesFolder(
  contents: Readonly<Record<string, string | Uint8Array>> = {},
  properties: Readonly<Record<string, string>> = {},
): Promise<FilesFolder> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-files-'))
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  for (const [path, content] of Object.entries(contents)) write(path, content)
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { files: { 'connector.name': 'files', 'files.root': root, ...properties } },
  })
  const rows = (sql: string): Promise<unknown[]> =>
    engine.query(sql, [], { catalog: 'files', schema: 'default', rowMode: 'array' }).all()
  return {
    root,
    engine,
    write,
    rows,
    async failure(sql) {
      try {
        await rows(sql)
      } catch (error) {
        const { code, message } = toMillraceError(error)
        return `${code}: ${message}`.replaceAll(root, '')
      }
      throw new Error(`did not fail: ${sql}`)
    },
    async [Symbol.asyncDispose]() {
      await engine.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
