// Vectors of 8 or 16 bfloat16 values in memory, computed with as float32.
#pragma once
#include <cstdint>
#include <type_traits>

#define BFLOAT16_VECTOR(W)                                                                      \
  struct Vector##W {                                                                            \
    typedef float Floats __attribute__((vector_size(4 * W), aligned(4)));                       \
    typedef uint32_t Words __attribute__((vector_size(4 * W)));                                 \
    typedef uint16_t Halves __attribute__((vector_size(2 * W), aligned(2)));                    \
    static inline Floats load(const uint16_t* from) {                                           \
      return (Floats)(__builtin_convertvector(*(const Halves*)from, Words) << 16);              \
    }                                                                                           \
    static inline void store(uint16_t* to, Floats value) {                                      \
      Words bits = (Words)value;                                                                \
      *(Halves*)to = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves); \
    }                                                                                           \
  };
BFLOAT16_VECTOR(8)
BFLOAT16_VECTOR(16)
#undef BFLOAT16_VECTOR

template <int W>
using Vector = std::conditional_t<W == 16, Vector16, Vector8>;
