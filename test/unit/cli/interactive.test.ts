import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DIST, requireBuild } from '../../support/build.js'
import { hasTerminals, Terminal } from '../../support/terminal.js'

const UP = '\u001b[A'
const LEFT = '\u001b[D'
const END = '\u001b[F'
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_R = '\u0012'
const CTRL_U = '\u0015'
const CTRL_W = '\u0017'
const CTRL_Y = '\u0019'
const PROMPT = /millrace:\w+> /

const hasTerminal = hasTerminals()
if (!hasTerminal)
  console.log('skipped: the interactive shell (python3 is not there to make terminals)')

let folder: string
let terminal: Terminal | undefined

beforeAll(() => {
  requireBuild()
  folder = mkdtempSync(join(tmpdir(), 'millrace-terminal-'))
})
afterEach(() => terminal?.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const historyFile = () => join(folder, 'history')

async function open(
  args: readonly string[] = ['--pager', ''],
  columns = 80,
  env = {},
): Promise<Terminal> {
  terminal = new Terminal(
    [process.execPath, join(DIST, 'cli/main.js'), '--history-file', historyFile(), ...args],
    { columns, env },
  )
  await terminal.until(PROMPT)
  return terminal
}

describe.skipIf(!hasTerminal)('the interactive shell', () => {
  it('edits over several lines and runs what ends with a semicolon', async () => {
    const shell = await open()
    shell.type('SELECT 1 AS one,\r')
    await shell.until('-> ')
    shell.type("'xb' AS two;")
    // Back to behind the x, which becomes an a; Enter at the end of the text runs it.
    shell.type(`${LEFT.repeat(10)}\u007fa${END}\r`)
    await shell.until(' one | two \r\n-----+-----\r\n   1 | ab  \r\n(1 row)\r\n')
    await shell.until(PROMPT)
    shell.type('quit\r')
    expect(await shell.exit()).toBe(0)
  })

  it('keeps history in a file, several lines an entry, and finds it again', async () => {
    rmSync(historyFile(), { force: true })
    let shell = await open()
    shell.type("SELECT 'first',\r1;\r")
    await shell.until('(1 row)')
    await shell.until(PROMPT)
    shell.type("SELECT 'second';\r")
    await shell.until('(1 row)')
    await shell.until(PROMPT)
    shell.type(CTRL_D)
    expect(await shell.exit()).toBe(0)
    expect(readFileSync(historyFile(), 'utf8')).toBe("SELECT 'first',\\n1;\nSELECT 'second';\n")

    shell = await open()
    shell.type(`${UP}\r`)
    await shell.until(' second')
    await shell.until('(1 row)')
    await shell.until(PROMPT)
    shell.type(`${CTRL_R}fir`)
    await shell.until("(reverse search)'fir': SELECT 'first',")
    shell.type('\r')
    await shell.until(PROMPT)
    shell.type('\r')
    await shell.until(' first |     1 ')
    await shell.until(PROMPT)
    shell.type('history\r')
    await shell.until("    2  SELECT 'second';")
  })

  it('cuts and puts back', async () => {
    const shell = await open()
    shell.type(`foo${CTRL_W}SELECT 7 AS ${CTRL_Y};\r`)
    await shell.until(' foo \r\n-----\r\n   7 \r\n')
  })

  it('takes a pasted text whole', async () => {
    const shell = await open()
    shell.type('\u001b[200~SELECT 1;\rSELECT 2 AS two;\u001b[201~')
    await shell.until('-> SELECT 2 AS two;')
    shell.type('\r')
    await shell.until('(1 row)')
    await shell.until(' two \r\n-----\r\n   2 \r\n')
  })

  it('completes keywords, functions, schemas, tables, columns and aliases', async () => {
    const shell = await open()
    shell.type('sel\t')
    await shell.until('> select')
    shell.type(`${CTRL_U}USE tpch.tin\t;\r`)
    await shell.until('USE\r\n')
    await shell.until('millrace:tiny> ')
    shell.type('SELECT * FROM nat\t')
    await shell.until('FROM nation')
    shell.type(`${CTRL_U}SELECT * FROM tpch.sf1.custo\t`)
    await shell.until('tpch.sf1.customer')
    shell.type(`${CTRL_U}SELECT approx_dis\t`)
    await shell.until('approx_distinct')
    // The columns of the tables that the statement names, wherever it names them.
    shell.type(`${CTRL_U}SELECT  FROM nation AS n WHERE n.regi\t`)
    await shell.until('n.regionkey')
    shell.type(`${CTRL_U}SELECT nationk FROM nation${LEFT.repeat(12)}\t`)
    await shell.until('SELECT nationkey FROM nation')
    // Several: they are listed.
    shell.type(`${CTRL_U}SELECT * FROM sf\t\t`)
    await shell.until(/sf1 .*sf100/s)
  })

  it('ends the statement at Ctrl-C, not the shell, and clears the progress', async () => {
    const shell = await open()
    shell.type(
      'SELECT count(*) FROM tpch.sf1.lineitem a, tpch.sf1.lineitem b WHERE a.orderkey < b.suppkey;\r',
    )
    await shell.until(/Query \S+, RUNNING, \d+\/\d+ splits, \S+ memory/)
    await shell.until(/\d:\d\d \[\S+ rows, \S+\] .*%/)
    shell.type(CTRL_C)
    await shell.until('\u001b[JQuery aborted by user\r\n')
    await shell.until(PROMPT)
    shell.type('SELECT 1 AS alive;\r')
    await shell.until(' alive ')
  })

  it('shows what fits a narrow terminal', async () => {
    const columns = 30
    const shell = await open(['--pager', ''], columns)
    shell.type(
      'SELECT count(*) FROM tpch.sf1.lineitem a, tpch.sf1.lineitem b WHERE a.orderkey < b.suppkey;\r',
    )
    const progress = await shell.until(/\u001b\[JQuery .*\r\n.*%\r\n/)
    const lines = progress.slice(progress.lastIndexOf('\u001b[J') + 3).split('\r\n')
    for (const line of lines) expect(line.length).toBeLessThan(columns)
    expect(lines[1]).toMatch(/^\d:\d\d .*\d+%$/)
    shell.type(CTRL_C)
    await shell.until('aborted')
  })

  it('shows results in the pager, and ends the statement with it', async () => {
    const shell = await open([], 80, { PAGER: 'less -XR' })
    shell.type('SELECT orderkey, comment FROM tpch.sf1.orders;\r')
    await shell.until(/ orderkey .*\r\n/)
    await shell.until(':')
    shell.type('q')
    await shell.until(PROMPT)
    shell.type('SELECT 1 AS alive;\r')
    await shell.until(' alive ')
  })

  it('goes on without a pager that is not there', async () => {
    const shell = await open(['--pager', '/no/such/pager'])
    shell.type('SELECT 1 AS one;\r')
    await shell.until('WARNING: There is no pager /no/such/pager')
    await shell.until(PROMPT)
    shell.type('SELECT 2 AS two;\r')
    await shell.until(' two \r\n')
  })

  it('prints a line a column after \\G, marks errors and keeps the session', async () => {
    const shell = await open()
    shell.type('SELECT 1 AS one, 2 AS two \\G\r')
    await shell.until('-[ RECORD 1 ]\r\none | 1\r\ntwo | 2\r\n')
    await shell.until(PROMPT)
    shell.type('SELECT foo;\r')
    await shell.until('LINE 1: SELECT \u001b[31mfoo\u001b[39m\r\n')
    await shell.until(PROMPT)
    shell.type('PREPARE p FROM SELECT ? AS given;\r')
    await shell.until('PREPARE\r\n')
    await shell.until(PROMPT)
    shell.type('EXECUTE p USING 42;\r')
    await shell.until('    42 \r\n')
    await shell.until(PROMPT)
    shell.type('help\r')
    await shell.until('SHOW CATALOGS;')
  })

  it('has no colours where NO_COLOR is set', async () => {
    const shell = await open(['--pager', ''], 80, { NO_COLOR: '1' })
    shell.type('SELECT foo;\r')
    expect(await shell.until('LINE 1: SELECT foo\r\n')).not.toContain('\u001b[31m')
  })
})
