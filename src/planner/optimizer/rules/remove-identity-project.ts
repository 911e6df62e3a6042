import { outputsOf } from '../../plan/structure.js'
import { isIdentity } from '../build.js'
import { on, rule } from '../rule.js'

/**
 * A projection to exactly its source's symbols does nothing.
 * @source Trino RemoveRedundantIdentityProjections
 */
export const removeIdentityProject = rule({
  name: 'RemoveIdentityProject',
  pattern: on('project', (node) => node.assignments.every(isIdentity)),
  apply: (node) =>
    node.assignments.length === outputsOf(node.source).length ? node.source : undefined,
})
