import { type Page, readValue } from '../../src/spi/index.js'

/** The rows that a run gives, a text each; doubles to twelve digits, since the order of additions is free. */
export async function rowTexts(run: { nextPage(): Promise<Page | undefined> }): Promise<string[]> {
  const rows: string[] = []
  for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
    for (let i = 0; i < page.rowCount; i++) {
      rows.push(page.blocks.map((block) => cellText(readValue(block, i))).join(' | '))
    }
  }
  return rows
}

const cellText = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value)
    ? value.toPrecision(12)
    : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))
