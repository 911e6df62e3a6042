import { COMMANDS } from './index.mjs'
import { text } from './options.mjs'

/** Options of everything that measures. */
const OUTPUT = {
  json: text('write samples and machine to this JSON file'),
  plot: text('write bars to this SVG file'),
}

/** Runs a suite or command with its arguments. @returns the exit status: 1 for wrong answers or a regression */
export async function runCommand(name, args, parseArgs) {
  const command = await COMMANDS[name]()
  const options = { ...command.options, ...(command.hasReport === false ? {} : OUTPUT) }
  const described = Object.entries(options).map(([option, { about: _, ...rest }]) => [option, rest])
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...Object.fromEntries(described), help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    process.stdout.write(help(name, command, options))
    return 0
  }
  if (positionals.length > 0 && command.positionals === undefined) {
    throw new Error(`${name} takes no ${positionals[0]}`)
  }
  return command.run(values, positionals)
}

function help(name, { summary, positionals, details }, options) {
  const lines = Object.entries(options).map(([option, { type, default: value, about }]) => {
    const left = `--${option}${type === 'boolean' ? '' : ' X'}`
    return `  ${left.padEnd(18)} ${about}${value === undefined ? '' : ` (${value})`}`
  })
  return [
    `usage: npm run bench -- ${name}${positionals === undefined ? '' : ` ${positionals}`} [options]`,
    '',
    summary,
    ...(details === undefined ? [] : ['', details]),
    '',
    ...lines,
    '',
  ].join('\n')
}
