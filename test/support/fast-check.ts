import fc from 'fast-check'
import { SEED } from './seed.js'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED })

export default fc
