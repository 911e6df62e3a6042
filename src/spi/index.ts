/** Everything a connector may import. */
export * from './assert.js'
export * from './block.js'
export * from './error.js'
export * from './error-codes.js'
export * from './memory.js'
export * from './page.js'
export * from './type.js'
export * from './value.js'
