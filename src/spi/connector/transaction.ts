/** @source Trino IsolationLevel */
export type IsolationLevel =
  | 'READ UNCOMMITTED'
  | 'READ COMMITTED'
  | 'REPEATABLE READ'
  | 'SERIALIZABLE'

const STRENGTH: Readonly<Record<IsolationLevel, number>> = {
  'READ UNCOMMITTED': 0,
  'READ COMMITTED': 1,
  'REPEATABLE READ': 2,
  SERIALIZABLE: 3,
}

/** Tells whether level `offered` gives at least what `required` asks for. */
export const meetsIsolation = (offered: IsolationLevel, required: IsolationLevel): boolean =>
  STRENGTH[offered] >= STRENGTH[required]

export interface TransactionOptions {
  readonly isolationLevel: IsolationLevel
  readonly readOnly: boolean
  readonly autoCommit: boolean
}
