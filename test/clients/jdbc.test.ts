import { fileURLToPath } from 'node:url'
import {
  CATALOGS,
  JDBC_JAR,
  jarMissing,
  reportSession,
  runProcess,
  skipClient,
} from '../support/clients.js'
import { startServerProcess } from '../support/server-process.js'

const NAME = "Trino's JDBC driver"
// Java runs the source file, which takes its compiler.
const missing = jarMissing(JDBC_JAR, 'javac')
if (missing !== undefined) {
  skipClient(NAME, missing)
} else {
  // Before any test is made: the session's own checks are the tests.
  const server = await startServerProcess(CATALOGS)
  try {
    const source = fileURLToPath(new URL('JdbcSession.java', import.meta.url))
    const port = new URL(server.url).port
    reportSession(NAME, await runProcess('java', ['-cp', JDBC_JAR, source, port]))
  } finally {
    await server.stop()
  }
}
