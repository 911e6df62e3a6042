import { table } from './table.mjs'

/**
 * The page of what a server and sessions are configured by.
 * @param {readonly object[]} configProperties CONFIG_PROPERTIES of src/server/config-reference.ts
 * @param {readonly object[]} sessionProperties SYSTEM_PROPERTIES of src/engine/session/session-properties.ts
 */
export function renderConfiguration(configProperties, sessionProperties) {
  const sessionTable = (properties) =>
    table(
      ['property', 'type', 'default', ''],
      properties
        .filter((p) => !p.hidden)
        .map((p) => [
          code(p.name),
          p.type.kind,
          code(p.defaultText),
          p.withoutEffect ?? p.description,
        ]),
    )
  const code = (text) => (text === undefined || text === '' ? '' : `\`${text}\``)
  return [
    '# Configuration',
    '',
    '<!-- Written by `npm run docs` from src/server/config-reference.ts and src/engine/session/session-properties.ts; do not edit. -->',
    '',
    'Durations are written as `500ms`, `10s`, `5m`, `2h`; data sizes as `64MB`, `1GB` (powers of 1024). [Connectors](connectors.md) have properties of their own.',
    '',
    '## Server',
    '',
    'Lines `name=value` of `config.properties` or `node.properties` in the folder of `millrace server --etc-dir`; `${ENV:NAME}` stands for a variable of the environment. A name that nothing reads',
    "stops the start. `exchange-manager.properties` takes `exchange-manager.name=filesystem` and `exchange.base-directories`, as Trino's does.",
    '',
    ...table(
      ['property', 'takes', 'default', ''],
      configProperties.map((p) => [code(p.name), p.takes, code(p.default), p.description]),
    ),
    '',
    '## Sessions',
    '',
    'Set by `SET SESSION name = value`, `session: { name: value }` of a query, `--session name=value` of the shell, or the header `X-Trino-Session`. `SHOW SESSION` lists them with the values of the session.',
    '',
    ...sessionTable(sessionProperties.filter((p) => p.withoutEffect === undefined)),
    '',
    '### Without effect',
    '',
    'Statements written for Trino may set these: their values are checked as there, and nothing here depends on them. Other properties of Trino, among them all that would change an answer or a name, are unknown here.',
    '',
    ...sessionTable(sessionProperties.filter((p) => p.withoutEffect !== undefined)),
    '',
  ].join('\n')
}
