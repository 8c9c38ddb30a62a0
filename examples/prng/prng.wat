;; A pseudo random number generator for 32-bit integers, written by hand.
;;
;; The generator is xoshiro128** (David Blackman, Sebastiano Vigna: Scrambled linear pseudorandom number
;; generators, 2018): four 32-bit words of state, a b c d, one after the other at $self.
;;
;; A seed becomes a state by tabulation hashing (Carter, Wegman 1979): each of its bytes picks a word of a table,
;; and the words, turned, are combined. The table has 256 words, 1 KiB, at $tab; $init makes it.

(module
  ;; The memory of at least 1 page:
  (memory (import "env" "mem") 1)

  ;; Precomputed data address:
  (global $tab (import "env" "tab") i32)

  ;; The table: xorshift32 (George Marsaglia 2003) from 1 on.
  (func $init (export "init")
    (local $at i32) (local $end i32) (local $x i32)
    (local.set $at (global.get $tab))
    (local.set $end (i32.add (global.get $tab) (i32.const 1024)))
    (local.set $x (i32.const 1))
    (loop $next
      (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
      (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
      (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
      (i32.store (local.get $at) (local.get $x))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.ne (local.get $at) (local.get $end)))))

  ;; The word of the table for the byte that is $shift bits up in $key, turned by as many bits.
  (func $look (param $key i32) (param $shift i32) (result i32)
    (local $byte i32)
    (local.set $byte (i32.and (i32.shr_u (local.get $key) (local.get $shift)) (i32.const 255)))
    (i32.rotl
      (i32.load (i32.add (global.get $tab) (i32.shl (local.get $byte) (i32.const 2))))
      (local.get $shift)))

  (func $hash (param $key i32) (result i32)
    (i32.xor
      (i32.xor (call $look (local.get $key) (i32.const 0)) (call $look (local.get $key) (i32.const 8)))
      (i32.xor (call $look (local.get $key) (i32.const 16)) (call $look (local.get $key) (i32.const 24)))))

  ;; Seed a PRNG instance at `$self`:
  (func $seed (export "seed") (param $self i32) (param $seed i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    ;; The words' keys are far apart: 0x9e3779b9 is 2^32 divided by the golden ratio.
    (local.set $a (call $hash (local.get $seed)))
    (local.set $b (call $hash (i32.add (local.get $seed) (i32.const 0x9e3779b9))))
    (local.set $c (call $hash (i32.add (local.get $seed) (i32.const 0x3c6ef372))))
    (local.set $d (call $hash (i32.add (local.get $seed) (i32.const 0xdaa66d2b))))
    (i32.store offset=0 (local.get $self) (local.get $a))
    (i32.store offset=4 (local.get $self) (local.get $b))
    (i32.store offset=8 (local.get $self) (local.get $c))
    ;; The one state that the generator would never leave is all zeros.
    (i32.store offset=12 (local.get $self)
      (i32.add
        (local.get $d)
        (i32.eqz
          (i32.or
            (i32.or (local.get $a) (local.get $b))
            (i32.or (local.get $c) (local.get $d)))))))

  ;; Generate a 32-bit integer using a PRNG at `$self`:
  (func $rand (export "rand") (param $self i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $turned i32)
    (local.set $a (i32.load offset=0 (local.get $self)))
    (local.set $b (i32.load offset=4 (local.get $self)))
    (local.set $c (i32.load offset=8 (local.get $self)))
    (local.set $d (i32.load offset=12 (local.get $self)))
    (local.set $turned (i32.shl (local.get $b) (i32.const 9)))
    ;; the result, which is left on the stack
    (i32.mul (i32.rotl (i32.mul (local.get $b) (i32.const 5)) (i32.const 7)) (i32.const 9))
    (local.set $c (i32.xor (local.get $c) (local.get $a)))
    (local.set $d (i32.xor (local.get $d) (local.get $b)))
    (local.set $b (i32.xor (local.get $b) (local.get $c)))
    (local.set $a (i32.xor (local.get $a) (local.get $d)))
    (local.set $c (i32.xor (local.get $c) (local.get $turned)))
    (local.set $d (i32.rotl (local.get $d) (i32.const 11)))
    (i32.store offset=0 (local.get $self) (local.get $a))
    (i32.store offset=4 (local.get $self) (local.get $b))
    (i32.store offset=8 (local.get $self) (local.get $c))
    (i32.store offset=12 (local.get $self) (local.get $d)))

  ;; Fill a 32-bit integer array at `$out` of
  ;; the byte length `$len` using a PRNG at `$self`:
  (func $fill (export "fill") (param $self i32) (param $out i32) (param $len i32)
    (block $done
      (loop $next
        ;; It counts down: the end of the array may be 2^32, which is no address.
        (br_if $done (i32.lt_u (local.get $len) (i32.const 4)))
        (i32.store (local.get $out) (call $rand (local.get $self)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $len (i32.sub (local.get $len) (i32.const 4)))
        (br $next)))))
