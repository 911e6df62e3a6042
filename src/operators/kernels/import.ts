/** Blocks into shared memory; it lives beside the kernels of expressions, which need it too. */
export { copyBlock, importBlock, importPage, sliceBlock } from '../../expressions/wasm/import.js'
