// The one command of the benchmarks: `npm run bench -- SUITE …`, `npm run bench -- --help`.
import { parseArgs } from 'node:util'
import { COMMANDS, usage } from './commands/index.mjs'
import { runCommand } from './commands/run-command.mjs'

const [name, ...args] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
  process.stdout.write(await usage())
  process.exit(name === undefined ? 2 : 0)
}
if (!Object.hasOwn(COMMANDS, name)) {
  process.stderr.write(`there is no suite or command ${name}\n\n${await usage()}`)
  process.exit(2)
}
try {
  process.exitCode = await runCommand(name, args, parseArgs)
} catch (error) {
  process.stderr.write(
    `${error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? error.message : error.stack}\n`,
  )
  process.exitCode = 2
}
