/** A piece of HTML that is safe as it stands. */
export interface Html {
  readonly html: string
}

type Inserted = Html | string | number | undefined | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character]!)

const insert = (value: Inserted): string => {
  if (value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return 'html' in value ? value.html : value.map(({ html }) => html).join('')
}

/** HTML in which everything inserted is text, but for what is HTML itself. */
export const html = (parts: TemplateStringsArray, ...values: readonly Inserted[]): Html => ({
  html: parts.reduce((text, part, i) => text + insert(values[i - 1]) + part),
})

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent) }
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.3rem; font-weight: 600; margin: 0 0 1rem } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem }
nav { margin-bottom: 1rem; color: var(--soft) } a { color: inherit }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 500; color: var(--soft) } th, td { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
.number { text-align: right; white-space: nowrap } td.sql { max-width: 36rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-family: ui-monospace, monospace; font-size: 12px }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: .8rem; overflow: auto; font-size: 12.5px; border-radius: 4px; max-height: 24rem }
.state { font-weight: 600 } .FAILED, .failure { color: #c62828 } .FINISHED { color: #2e7d32 } .RUNNING { color: #1565c0 }
progress { width: 8rem }`

/** A whole page. @param refreshSeconds after which it is asked for again; absent: it says the last word */
export const wholePage = (title: string, body: Html, refreshSeconds?: number): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${
    refreshSeconds === undefined
      ? undefined
      : html`<meta http-equiv="refresh" content="${refreshSeconds}">`
  }<title>${title}</title><style>${{ html: STYLE }}</style></head>
<body>${body}</body></html>
`.html

/** A table; the columns of figures are aligned to the right. */
export const table = (
  columns: readonly { readonly name: string; readonly isNumber?: boolean }[],
  rows: readonly (readonly Inserted[])[],
): Html =>
  html`<table><tr>${columns.map(
    ({ name, isNumber }) => html`<th class="${isNumber === true ? 'number' : ''}">${name}</th>`,
  )}</tr>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, i) =>
        columns[i]!.isNumber === true
          ? html`<td class="number">${cell}</td>`
          : html`<td>${cell}</td>`,
      )}</tr>`,
  )}</table>`
