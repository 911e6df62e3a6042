/** Widths of integers; it lives beside the kernels of expressions, which need it too. */
export {
  integerBytes,
  narrowestStorage,
  storageBounds,
  writeIntegers,
} from '../../expressions/wasm/integer-storage.js'
