import { Millrace } from '../../dist/index.js'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { eachTimed, orderKey } from './small-statements.mjs'

export async function run({ scaleFactor, threads }, emit) {
  const engine = await Millrace.create({ threads, catalogs: { tpch: TPCH_CATALOG } })
  await engine.execute(`CREATE TABLE lineitem AS SELECT * FROM tpch."sf${scaleFactor}".lineitem`)
  const found = async (key, rows) => {
    if ((await rows).length === 0) throw new Error(`no order ${key}`)
  }
  const subject = 'millrace'
  await eachTimed(emit, { name: 'SELECT 1', subject }, 2000, () => engine.query('SELECT 1').all())
  await eachTimed(emit, { name: 'point lookup, a parameter', subject }, 300, (i) => {
    const key = orderKey(i, scaleFactor)
    return found(key, engine.query('SELECT * FROM lineitem WHERE l_orderkey = ?', [key]).all())
  })
  await eachTimed(emit, { name: 'point lookup, a new text', subject }, 300, (i) => {
    const key = orderKey(i, scaleFactor)
    return found(key, engine.query(`SELECT * FROM lineitem WHERE l_orderkey = ${key}`).all())
  })
  await engine.close()
}
