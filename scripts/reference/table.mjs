const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** The lines of a table in Markdown. */
export const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---|').join('')}`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
]
