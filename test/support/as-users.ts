import type { Millrace, StatementOptions } from '../../src/engine/millrace.js'

/** Statements of several users of an engine, which is made later. */
export function asUsers(engine: () => Millrace) {
  const as = async (
    user: string,
    sql: string,
    options: StatementOptions = {},
  ): Promise<readonly unknown[]> =>
    engine()
      .query(sql, [], { user, rowMode: 'array', ...options })
      .all()

  /** What a statement answers, or the message with which it is refused. */
  const outcome = async (
    user: string,
    sql: string,
    options: StatementOptions = {},
  ): Promise<unknown> => {
    try {
      return await as(user, sql, options)
    } catch (error) {
      const { code, message } = error as { code: string; message: string }
      return code === 'PERMISSION_DENIED' ? message : `${code}: ${message}`
    }
  }
  return { as, outcome }
}

export const denied = (message: string): string => `Access Denied: ${message}`
