import { type IsolationLevel, MillraceError } from '../../spi/index.js'
import type { TransactionStatementKinds } from './kinds.js'
import { errorAt } from './names.js'
import type { DoneResult, StatementContext, StatementHandlers, StatementOf } from './statement.js'

function settingsOf(node: StatementOf<'startTransaction'>): {
  isolationLevel: IsolationLevel
  readOnly: boolean
} {
  const levels = node.transactionModes.flatMap((m) => (m.kind === 'isolation' ? [m.level] : []))
  const modes = node.transactionModes.flatMap((m) =>
    m.kind === 'transactionAccessMode' ? [m.readOnly] : [],
  )
  if (levels.length > 1) {
    throw errorAt(node, 'SYNTAX_ERROR', 'Multiple transaction isolation levels specified')
  }
  if (modes.length > 1) {
    throw errorAt(node, 'SYNTAX_ERROR', 'Multiple transaction read modes specified')
  }
  return { isolationLevel: levels[0] ?? 'READ UNCOMMITTED', readOnly: modes[0] ?? false }
}

async function end(
  context: StatementContext,
  updateType: 'COMMIT' | 'ROLLBACK',
): Promise<DoneResult> {
  const { transactionId } = context.session
  if (transactionId === undefined) {
    throw new MillraceError('NOT_IN_TRANSACTION', 'No transaction in progress')
  }
  const transaction = context.services.transactions.take(transactionId)
  if (updateType === 'COMMIT') {
    if (transaction.isFailed) {
      await transaction.rollback()
      throw new MillraceError(
        'TRANSACTION_ALREADY_ABORTED',
        'Current transaction has already been aborted',
      )
    }
    await transaction.commit()
  } else {
    await transaction.rollback()
  }
  return { kind: 'done', updateType, changes: { clearTransactionId: true } }
}

/** @source Trino StartTransactionTask, CommitTask, RollbackTask */
export const transactionHandlers: StatementHandlers<TransactionStatementKinds> = {
  async startTransaction(node, context) {
    if (!context.session.supportsTransactions) {
      throw new MillraceError('INCOMPATIBLE_CLIENT', 'Client does not support transactions', {
        hint: 'Send the header X-Trino-Transaction-Id: NONE, and the id that is answered with what belongs to the transaction',
      })
    }
    if (context.session.transactionId !== undefined) {
      throw new MillraceError('NOT_SUPPORTED', 'Nested transactions not supported')
    }
    const settings = settingsOf(node)
    const transaction = context.services.transactions.begin({ ...settings, autoCommit: false })
    return {
      kind: 'done',
      updateType: 'START TRANSACTION',
      changes: { startedTransactionId: transaction.id },
    }
  },
  commit: (_, context) => end(context, 'COMMIT'),
  rollback: (_, context) => end(context, 'ROLLBACK'),
}
