import { fileURLToPath } from 'node:url'
import {
  CATALOGS,
  PYTHON,
  pythonMissing,
  reportSession,
  runProcess,
  skipClient,
} from '../support/clients.js'
import { startServerProcess } from '../support/server-process.js'

const SESSIONS = {
  "Python's trino": 'dbapi_session.py',
  'SQLAlchemy with the trino dialect': 'sqlalchemy_session.py',
}
const missing = pythonMissing()
for (const [name, file] of Object.entries(SESSIONS)) {
  if (missing !== undefined) {
    skipClient(name, missing)
    continue
  }
  // Before any test is made: the session's own checks are the tests.
  const server = await startServerProcess(CATALOGS)
  try {
    const script = fileURLToPath(new URL(file, import.meta.url))
    reportSession(name, await runProcess(PYTHON, ['-B', script, new URL(server.url).port]))
  } finally {
    await server.stop()
  }
}
