import { memoryConnectorFactory } from '../../src/connectors/memory/connector.js'
import { PUSHDOWN } from '../../src/testing/index.js'
import { runChecks } from './run-checks.js'
import { ROUNDS, TABLES } from './tables.js'

runChecks('memory', {
  factory: memoryConnectorFactory,
  setup: [
    ...TABLES,
    'CREATE TABLE many AS SELECT n FROM UNNEST(sequence(1, 9000)) s (n) CROSS JOIN UNNEST(sequence(1, 8)) r (m)',
  ],
  tables: ['default.t', 'default.u', 'default.empty', { name: 'default.many', isLarge: true }],
  lacks: [
    ...PUSHDOWN.filter((p) => p !== 'limit pushdown' && p !== 'filter pushdown'),
    'undo after finish',
  ],
  rounds: ROUNDS,
})
