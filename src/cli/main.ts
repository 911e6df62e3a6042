#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { toMillraceError } from '../spi/index.js'
import { executeStatement } from './execute.js'
import { serve } from './serve.js'
import { packageVersion } from './version.js'

const HELP = `usage: millrace server [--etc-dir DIR] [--host HOST] [--port N]
       millrace --execute SQL [--catalog NAME] [--schema NAME] [--session NAME=VALUE]...
       millrace --version
       millrace --help

server     serves the catalogs by Trino's client protocol, on 127.0.0.1:8080 unless told otherwise
--execute  runs one statement in this process and prints its rows as CSV
`

const OPTIONS = {
  'etc-dir': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  execute: { type: 'string' },
  catalog: { type: 'string' },
  schema: { type: 'string' },
  session: { type: 'string', multiple: true },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** What the arguments ask for; a mistake in them is status 2, a statement or server that fails is 1. */
async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${HELP}`)
    return 2
  }
  const { values, positionals } = parsed
  if (values.version === true) {
    process.stdout.write(`${packageVersion()}\n`)
    return 0
  }
  const [command, ...rest] = positionals
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  if (rest.length === 0 && command === 'server') return serve(values)
  if (command === undefined && values.execute !== undefined) {
    return executeStatement(values.execute, values)
  }
  process.stderr.write(HELP)
  return 2
}

const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const { code, message, location, detail, hint } = toMillraceError(error)
  const place = location === undefined ? '' : `line ${location.line}:${location.column}: `
  const lines = [`${code}: ${place}${message}`, detail, hint]
  process.stderr.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`)
  process.exitCode = 1
}
