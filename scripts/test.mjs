// Runs the checks and the test suites, and closes with a line `N passed, N failed`.
// Arguments go to vitest: `npm test -- test/unit/parser`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const args = process.argv.slice(2)
const reportFolder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const reportFile = join(reportFolder, 'report.json')
const run = (command, commandArgs) =>
  spawnSync(command, commandArgs, {
    stdio: 'inherit',
    env: { ...process.env, MILLRACE_VERIFY: '1' },
  })

let lintFailed = 0
if (args.length === 0) lintFailed = run('npx', ['biome', 'check', '.']).status === 0 ? 0 : 1
const { status } = run('npx', [
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  '--reporter=./scripts/hang-reporter.mjs',
  `--outputFile.json=${reportFile}`,
  ...args,
])
let passed = 0
let failed = 1
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'))
  passed = report.numPassedTests
  failed =
    report.numFailedTests +
    (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? report.numFailedTestSuites : 0)
  // Nothing ran, or something failed that belongs to no test, such as a rejection that nobody handled.
  if (failed === 0 && (passed === 0 || status !== 0)) failed = 1
} catch (error) {
  console.error(`the test report could not be read: ${error.message}`)
}
rmSync(reportFolder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed + lintFailed} failed`)
process.exit(failed + lintFailed === 0 ? 0 : 1)
