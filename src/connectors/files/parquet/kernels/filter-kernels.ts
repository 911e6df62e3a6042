/**
 * Filters of rows: a mask has a byte 0 or 1 a row. Lanes are read 16 values at a time; masks and lanes have slack.
 */
const COMPARED = {
  8: `(v128.and (i8x16.ge_s (v128.load $from) (i8x16.splat $low))
              (i8x16.le_s (v128.load $from) (i8x16.splat $high)))`,
  16: `(i8x16.narrow_i16x8_s
          (v128.and (i16x8.ge_s (v128.load $from) (i16x8.splat $low))
                    (i16x8.le_s (v128.load $from) (i16x8.splat $high)))
          (v128.and (i16x8.ge_s (v128.load offset=16 $from) (i16x8.splat $low))
                    (i16x8.le_s (v128.load offset=16 $from) (i16x8.splat $high))))`,
  32: `(i8x16.narrow_i16x8_s
          (i16x8.narrow_i32x4_s ${inRange(0)} ${inRange(16)})
          (i16x8.narrow_i32x4_s ${inRange(32)} ${inRange(48)}))`,
} as const

function inRange(offset: number): string {
  return `(v128.and (i32x4.ge_s (v128.load offset=${offset} $from) (i32x4.splat $low))
                    (i32x4.le_s (v128.load offset=${offset} $from) (i32x4.splat $high)))`
}

/** rangeN: clears the mask where a value is not from $low to $high. */
const RANGES = ([8, 16, 32] as const)
  .map(
    (bits) => `
  (func $range${bits} (param $from $mask $n $low $high i32) (local $end i32)
    (set $end (i32.add $mask $n))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $mask $end))
        (v128.store $mask (v128.and (v128.load $mask) ${COMPARED[bits]}))
        (set $from (i32.add $from ${bits * 2}))
        (set $mask (i32.add $mask 16))
        (br $next))))
`,
  )
  .join('')

/** memberN: clears the mask where the table's byte at a value, less $low, is 0 or beyond it. */
const MEMBERS = [
  { bits: 8, load: 'i32.load8_s', step: 1 },
  { bits: 16, load: 'i32.load16_s', step: 2 },
  { bits: 32, load: 'i32.load', step: 4 },
]
  .map(
    ({ bits, load, step }) => `
  (func $member${bits} (param $from $mask $n $low $table $length i32) (local $value i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (set $value (i32.sub (${load} $from) $low))
        (if (i32.lt_u $value $length) (then
          (i32.store8 $mask (i32.and (i32.load8_u $mask) (i32.load8_u (i32.add $table $value)))))
        (else (i32.store8 $mask 0)))
        (set $from (i32.add $from ${step}))
        (set $mask (i32.add $mask 1))
        (set $n (i32.sub $n 1))
        (br $next))))
`,
  )
  .join('')

/** keep_codesN: clears the mask where the table's byte at a code is 0; all codes lie in the table. */
const CODES = [
  { bits: 8, load: 'i32.load8_u', step: 1 },
  { bits: 16, load: 'i32.load16_u', step: 2 },
  { bits: 32, load: 'i32.load', step: 4 },
]
  .map(({ bits, load, step }) => {
    const looked = (i: number): string =>
      `(i32.load8_u (i32.add $table (${load} offset=${i * step} $from)))`
    const four = [1, 2, 3]
      .map((i) => `(i32.shl ${looked(i)} ${i * 8})`)
      .reduce((all, one) => `(i32.or ${all} ${one})`, looked(0))
    return `
  (func $keep_codes${bits} (param $from $mask $n $table i32)
    (block $tail
      (loop $four
        (br_if $tail (i32.lt_u $n 4))
        (i32.store $mask (i32.and (i32.load $mask) ${four}))
        (set $from (i32.add $from ${4 * step}))
        (set $mask (i32.add $mask 4))
        (set $n (i32.sub $n 4))
        (br $four)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (i32.store8 $mask (i32.and (i32.load8_u $mask) ${looked(0)}))
        (set $from (i32.add $from ${step}))
        (set $mask (i32.add $mask 1))
        (set $n (i32.sub $n 1))
        (br $next))))
`
  })
  .join('')

/** Entries of a table that lies in vectors. */
export const FEW_ENTRIES = 64

const vectors = Array.from({ length: FEW_ENTRIES / 16 }, (_, i) => i)
/** What the table has at each of 16 codes: a vector gives 0 for codes beyond it. */
const looked = vectors
  .map((i) => `(i8x16.swizzle $members${i} (i8x16.sub $codes (i8x16.splat ${i * 16})))`)
  .reduce((all, one) => `(v128.or ${all} ${one})`)

const FEW_CODES = `
  ;; 8-bit codes
  (func $keep_few_codes (param $from $mask $n $table i32)
    (local $end i32) (local $codes ${vectors.map((i) => `$members${i}`).join(' ')} v128)
    (set $end (i32.add $mask $n))
    ${vectors.map((i) => `(set $members${i} (v128.load offset=${i * 16} $table))`).join('\n    ')}
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $mask $end))
        (set $codes (v128.load $from))
        (v128.store $mask (v128.and (v128.load $mask) ${looked}))
        (set $from (i32.add $from 16))
        (set $mask (i32.add $mask 16))
        (br $next))))
`

const MASKS = `
  ;; how many bytes are 1; 64 beyond n are cleared
  (func $count_mask (param $mask $n i32) (result i32) (local $end i32) (local $counts v128)
    (set $end (i32.add $mask $n))
    (v128.store $end $counts)
    (v128.store offset=16 $end $counts)
    (v128.store offset=32 $end $counts)
    (v128.store offset=48 $end $counts)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $mask $end))
        (set $counts (i32x4.add $counts
          (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (i8x16.add
            (i8x16.add (v128.load $mask) (v128.load offset=16 $mask))
            (i8x16.add (v128.load offset=32 $mask) (v128.load offset=48 $mask)))))))
        (set $mask (i32.add $mask 64))
        (br $next)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 $counts) (i32x4.extract_lane 1 $counts))
      (i32.add (i32x4.extract_lane 2 $counts) (i32x4.extract_lane 3 $counts))))

  ;; positions of the bytes that are 1, of a mask that was counted
  (func $positions (param $mask $n $to i32) (local $i $bits i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $i $n))
        (set $bits (i8x16.bitmask (i8x16.neg (v128.load (i32.add $mask $i)))))
        (block $none
          (loop $one
            (br_if $none (i32.eqz $bits))
            (i32.store $to (i32.add $i (i32.ctz $bits)))
            (set $to (i32.add $to 4))
            (set $bits (i32.and $bits (i32.sub $bits 1)))
            (br $one)))
        (set $i (i32.add $i 16))
        (br $next))))
`

export const FILTER_KERNELS = RANGES + MEMBERS + CODES + FEW_CODES + MASKS
