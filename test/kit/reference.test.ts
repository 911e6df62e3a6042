import { referenceConnectorFactory } from '../../src/testing/index.js'
import { runChecks } from './run-checks.js'
import { ROUNDS, TABLES } from './tables.js'

runChecks('reference', {
  factory: referenceConnectorFactory,
  setup: TABLES,
  tables: ['default.t', 'default.u', 'default.empty'],
  rounds: ROUNDS,
})

runChecks('reference, updates row by row', {
  factory: referenceConnectorFactory,
  tables: [],
  tableProperties: "(row_change_paradigm = 'CHANGE_ONLY_UPDATED_COLUMNS')",
})
