import type { StatementRun } from '../../engine/query/statement-run.js'
import type { NodeDescription } from '../../spi/index.js'
import { durationText } from '../protocol/query-info.js'
import { type Html, html, table, wholePage } from './html.js'

/** The latest ended queries that are listed. */
const ENDED_SHOWN = 100
const REFRESH_SECONDS = 3

const queryLink = (id: string): Html => html`<a href="/ui/query.html?${id}">${id}</a>`

export const stateText = (state: string): Html => html`<span class="state ${state}">${state}</span>`

export const elapsedText = ({ times }: StatementRun): string =>
  durationText((times.endedMillis ?? Date.now()) - times.createdMillis)

/** The queries and nodes that a coordinator knows. */
export function overviewPage(
  runs: readonly StatementRun[],
  nodes: readonly NodeDescription[],
  version: string,
): string {
  const latest = [...runs].sort((a, b) => b.times.createdMillis - a.times.createdMillis)
  const running = latest.filter((run) => !run.isDone)
  const ended = latest.filter((run) => run.isDone).slice(0, ENDED_SHOWN)
  const body = html`<h1>Millrace ${version}</h1>
<h2>${running.length} queries under way</h2>${queryTable(running)}
<h2>Ended</h2>${queryTable(ended)}
<h2>Nodes</h2>${table(
    [{ name: 'Node' }, { name: 'Address' }, { name: 'Role' }, { name: 'State' }],
    nodes.map((node) => [
      node.nodeId,
      node.httpUri,
      node.coordinator ? 'coordinator' : 'worker',
      node.state,
    ]),
  )}`
  return wholePage('Millrace', body, REFRESH_SECONDS)
}

const queryTable = (runs: readonly StatementRun[]): Html =>
  html`<table><tr><th>Query</th><th>State</th><th>User</th><th class="number">Elapsed</th><th>Statement</th></tr>${runs.map(
    (run) =>
      html`<tr><td>${queryLink(run.id)}</td><td>${stateText(run.state)}</td><td>${run.session.user}</td><td class="number">${elapsedText(run)}</td><td class="sql">${run.sql}</td></tr>`,
  )}</table>`
