#!/usr/bin/env node
import { readScript, runBatch } from './batch.js'
import { completionScript } from './completion/shell-scripts.js'
import { connect } from './connect.js'
import { errorText } from './error-text.js'
import { runInteractive } from './interactive.js'
import { helpText, parseArguments, type ShellOptions, shellOptions } from './options.js'
import { serve } from './serve.js'
import { packageVersion } from './version.js'

/** What a mistake in the arguments ends with; a statement or server that fails is 1. */
const USAGE_STATUS = 2

async function main(args: readonly string[]): Promise<number> {
  const usage = <T>(check: () => T): T | undefined => {
    try {
      return check()
    } catch (error) {
      process.stderr.write(errorText(error, {}))
      return undefined
    }
  }
  const parsed = usage(() => parseArguments(args))
  if (parsed === undefined) return USAGE_STATUS
  const { values, positionals } = parsed
  const [command, ...rest] = positionals
  if (values.version === true) {
    process.stdout.write(`${packageVersion()}\n`)
    return 0
  }
  if (values.help === true) {
    process.stdout.write(helpText())
    return 0
  }
  if (command === 'server' && rest.length === 0) return serve(values)
  if (command === 'completion') {
    const script = usage(() => completionScript(rest))
    if (script === undefined) return USAGE_STATUS
    process.stdout.write(script)
    return 0
  }
  const options = usage(() => shellOptions(values, positionals))
  return options === undefined ? USAGE_STATUS : shell(options)
}

async function shell(options: ShellOptions): Promise<number> {
  const isInteractive =
    options.sql === undefined && options.file === undefined && process.stdin.isTTY === true
  // What can't be read is known before anything is started for it.
  const script = isInteractive
    ? undefined
    : (options.sql ?? (await readScript(options.file ?? '-')))
  const connection = await connect(options)
  try {
    if (script === undefined) {
      await runInteractive(connection, options)
      return 0
    }
    return (await runBatch(connection, script, options)) ? 0 : 1
  } finally {
    await connection.close()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(errorText(error, { debug: process.argv.includes('--debug') }))
  process.exitCode = 1
}
