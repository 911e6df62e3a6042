// Runs one part of a suite in a process of its own: forked with its name and options, it sends what it measured.
import { finished } from 'node:stream/promises'

const [name, options] = process.argv.slice(2)
const part = await import(`./${name}.mjs`)
try {
  await part.run(JSON.parse(options), (message) => process.send(message))
  process.exitCode = 0
} catch (error) {
  process.stderr.write(`${name}: ${error.stack}\n`)
  process.exitCode = 1
}
process.disconnect()
if (process.stdout.writableLength > 0) await finished(process.stdout)
process.exit()
