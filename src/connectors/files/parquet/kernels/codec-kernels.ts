import { SNAPPY } from './snappy-kernels.js'

/**
 * Compression and decompression of Snappy and LZ4 blocks. Reading and writing may overshoot by up to 31 bytes: buffers have that much
 * slack (see kernel-memory.ts). Every length and distance is checked against the buffers before it is used.
 * @source https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
const COPY_MATCH = `
  ;; $length bytes from $distance before $to; both were checked
  (func $copy_match (param $to $distance $length i32) (local $from $end i32)
    (set $from (i32.sub $to $distance))
    (set $end (i32.add $to $length))
    (if (i32.ge_u $distance 16) (then
      (loop $wide
        (v128.store $to (v128.load $from))
        (set $from (i32.add $from 16))
        (set $to (i32.add $to 16))
        (br_if $wide (i32.lt_u $to $end)))
      (return)))
    (if (i32.ge_u $distance 8) (then
      (loop $words
        (i64.store $to (i64.load $from))
        (set $from (i32.add $from 8))
        (set $to (i32.add $to 8))
        (br_if $words (i32.lt_u $to $end)))
      (return)))
    (loop $bytes
      (i32.store8 $to (i32.load8_u $from))
      (set $from (i32.add $from 1))
      (set $to (i32.add $to 1))
      (br_if $bytes (i32.lt_u $to $end))))

  (func $copy_literal (param $from $to $length i32)
    (if (i32.le_u $length 16) (then
      (v128.store $to (v128.load $from))
      (return)))
    (if (i32.le_u $length 32) (then
      (v128.store $to (v128.load $from))
      (v128.store offset=16 $to (v128.load offset=16 $from))
      (return)))
    (memory.copy $to $from $length))
`

/** One LZ4 block; 1 where it gives exactly the bytes to $toEnd, 0 where it does not. */
const LZ4 = `
  (func $lz4 (param $from $fromEnd $to $toEnd i32) (result i32)
    (local $token $length $distance $byte $start i32)
    (set $start $to)
    (block $bad
      (block $done
        (loop $next
          (br_if $bad (i32.ge_u $from $fromEnd))
          (set $token (i32.load8_u $from))
          (set $from (i32.add $from 1))
          (set $length (i32.shr_u $token 4))
          (if (i32.eq $length 15) (then
            (loop $more
              (br_if $bad (i32.ge_u $from $fromEnd))
              (set $byte (i32.load8_u $from))
              (set $from (i32.add $from 1))
              (set $length (i32.add $length $byte))
              (br_if $bad (i32.gt_u $length (i32.sub $toEnd $to)))
              (br_if $more (i32.eq $byte 255)))))
          (br_if $bad (i32.gt_u $length (i32.sub $fromEnd $from)))
          (br_if $bad (i32.gt_u $length (i32.sub $toEnd $to)))
          (call $copy_literal $from $to $length)
          (set $from (i32.add $from $length))
          (set $to (i32.add $to $length))
          (br_if $done (i32.eq $from $fromEnd))
          (br_if $bad (i32.lt_u (i32.sub $fromEnd $from) 2))
          (set $distance (i32.load16_u $from))
          (set $from (i32.add $from 2))
          (set $length (i32.and $token 15))
          (if (i32.eq $length 15) (then
            (loop $more
              (br_if $bad (i32.ge_u $from $fromEnd))
              (set $byte (i32.load8_u $from))
              (set $from (i32.add $from 1))
              (set $length (i32.add $length $byte))
              (br_if $bad (i32.gt_u $length (i32.sub $toEnd $to)))
              (br_if $more (i32.eq $byte 255)))))
          (set $length (i32.add $length 4))
          (br_if $bad (i32.gt_u $length (i32.sub $toEnd $to)))
          (br_if $bad (i32.ge_u (i32.sub $distance 1) (i32.sub $to $start)))
          (call $copy_match $to $distance $length)
          (set $to (i32.add $to $length))
          (br $next)))
      (return (i32.eq $to $toEnd)))
    0)
`

/** Greedy, with a table of 2^14 places by the hash of the next four bytes; $table is zeroed. Gives where the output ends. */
const SNAPPY_COMPRESS = `
  (func $snappy_literal (param $from $end $to i32) (result i32) (local $length i32)
    (set $length (i32.sub $end $from))
    (if (i32.eqz $length) (then (return $to)))
    (if (i32.lt_u $length 61) (then
      (i32.store8 $to (i32.shl (i32.sub $length 1) 2))
      (set $to (i32.add $to 1)))
    (else
      (i32.store8 $to 252)
      (i32.store offset=1 $to (i32.sub $length 1))
      (set $to (i32.add $to 5))))
    (call $copy_literal $from $to $length)
    (i32.add $to $length))

  (func $snappy_compress (param $from $end $to $table i32) (result i32)
    (local $start $limit $literal $slot $candidate $length $distance $take i32)
    (set $start $from)
    (set $literal $from)
    (set $limit (i32.sub $end 8))
    (block $done
      (br_if $done (i32.lt_u (i32.sub $end $start) 16))
      (loop $next
        (br_if $done (i32.ge_u $from $limit))
        (set $slot (i32.add $table (i32.shl
          (i32.shr_u (i32.mul (i32.load $from) 0x1e35a7bd) 18) 2)))
        (set $candidate (i32.load $slot))
        (i32.store $slot $from)
        (if (i32.or (i32.eqz $candidate) (i32.or
              (i32.gt_u (i32.sub $from $candidate) 65535)
              (i32.ne (i32.load $candidate) (i32.load $from)))) (then
          (set $from (i32.add $from (i32.add 1 (i32.shr_u (i32.sub $from $literal) 5))))
          (br $next)))
        (set $to (call $snappy_literal $literal $from $to))
        (set $distance (i32.sub $from $candidate))
        (set $length 4)
        (block $matched
          (loop $words
            (br_if $matched (i32.gt_u (i32.add $from $length) $limit))
            (br_if $matched (i32.eqz (i64.eq
              (i64.load (i32.add $from $length)) (i64.load (i32.add $candidate $length)))))
            (set $length (i32.add $length 8))
            (br $words)))
        (block $matched
          (loop $bytes
            (br_if $matched (i32.ge_u (i32.add $from $length) $end))
            (br_if $matched (i32.ne
              (i32.load8_u (i32.add $from $length)) (i32.load8_u (i32.add $candidate $length))))
            (set $length (i32.add $length 1))
            (br $bytes)))
        (set $from (i32.add $from $length))
        (set $literal $from)
        (loop $copies
          (set $take $length)
          ;; no copy shorter than 4 is left over
          (if (i32.gt_u $length 64) (then
            (set $take 64)
            (if (i32.lt_u $length 68) (then (set $take 60)))))
          (i32.store8 $to (i32.or 2 (i32.shl (i32.sub $take 1) 2)))
          (i32.store16 offset=1 $to $distance)
          (set $to (i32.add $to 3))
          (set $length (i32.sub $length $take))
          (br_if $copies $length))
        (br $next)))
    (call $snappy_literal $literal $end $to))
`

export const CODEC_KERNELS = COPY_MATCH + SNAPPY + SNAPPY_COMPRESS + LZ4
