// Batch normalization by given statistics, followed by ReLU6 if `cap`, both ways, in bfloat16, channels last,
// channels a multiple of 8. With rows = n * h * w, a tensor is [rows, channels] here.
#include <ATen/Parallel.h>
#include <torch/extension.h>

#include <algorithm>
#include <tuple>

#include "bfloat16.h"

constexpr int64_t CHUNK = 256;  // rows worked on at a time

template <int W>
using Floats = typename Vector<W>::Floats;

template <int W>
static inline Floats<W> loaded(const float* values) {
  return *(const Floats<W>*)values;
}

template <int W, int N>
static inline void add_to(float* into, const Floats<W>* values) {
  for (int i = 0; i < N; i++) *(Floats<W>*)(into + i * W) += values[i];
}

// What normalization multiplies a value by and adds to it, one of each a channel
struct Line {
  at::Tensor slope, offset;

  Line(const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& mean, const at::Tensor& variance, double eps)
      : slope((weight * (variance + eps).rsqrt()).contiguous()), offset((bias - mean * slope).contiguous()) {}
};

// The gradient that ReLU6 lets through, of a value that normalization makes `value` of
template <int W>
static inline Floats<W> through(Floats<W> gradient, Floats<W> value, bool cap) {
  Floats<W> zero = {};
  return !cap ? gradient : (value > 0) & (value < 6) ? gradient : zero;
}

// N vectors of W channels: `one` += the sum over the rows of the gradient let through, `two` += that of its product with x
template <int W, int N>
static void gradient_sums(const uint16_t* x, const uint16_t* gradient, int64_t rows, int64_t channels, const float* slope, const float* offset, bool cap,
                          float* one, float* two) {
  Floats<W> sums[N] = {}, products[N] = {}, slopes[N], offsets[N];
  for (int i = 0; i < N; i++) slopes[i] = loaded<W>(slope + i * W), offsets[i] = loaded<W>(offset + i * W);
  for (int64_t row = 0; row < rows; row++)
#pragma GCC unroll 4
    for (int i = 0; i < N; i++) {
      Floats<W> value = Vector<W>::load(x + row * channels + i * W);
      Floats<W> g = through<W>(Vector<W>::load(gradient + row * channels + i * W), value * slopes[i] + offsets[i], cap);
      sums[i] += g;
      products[i] += g * value;
    }
  add_to<W, N>(one, sums);
  add_to<W, N>(two, products);
}

template <int W>
static void normalize(const uint16_t* x, uint16_t* y, int64_t rows, int64_t channels, const float* slope, const float* offset, bool cap) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t c = 0; c < channels; c += W) {
      Floats<W> value = Vector<W>::load(x + row * channels + c) * loaded<W>(slope + c) + loaded<W>(offset + c), zero = {}, six = zero + 6;
      if (cap) {
        value = value > zero ? value : zero;
        value = value < six ? value : six;
      }
      Vector<W>::store(y + row * channels + c, value);
    }
}

template <int W>
static void input_gradient(const uint16_t* x, const uint16_t* gradient, uint16_t* to_x, int64_t rows, int64_t channels, const float* slope, const float* offset,
                           bool cap) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t c = 0; c < channels; c += W) {
      Floats<W> value = Vector<W>::load(x + row * channels + c), s = loaded<W>(slope + c);
      Vector<W>::store(to_x + row * channels + c, s * through<W>(Vector<W>::load(gradient + row * channels + c), value * s + loaded<W>(offset + c), cap));
    }
}

static uint16_t* bits(const at::Tensor& t) { return (uint16_t*)t.data_ptr(); }
static float* floats(const at::Tensor& t) { return t.data_ptr<float>(); }

struct Shape {
  int64_t rows, channels;
};

static Shape shape_of(const at::Tensor& x) {
  TORCH_CHECK(x.scalar_type() == at::kBFloat16 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && x.size(1) % 8 == 0,
              "norm: bfloat16, channels last, channels by 8 only");
  return {x.size(0) * x.size(2) * x.size(3), x.size(1)};
}

// work(first row, rows), side by side
template <typename Work>
static void over_rows(int64_t rows, Work work) {
  int64_t chunks = (rows + CHUNK - 1) / CHUNK, grain = (chunks + at::get_num_threads() - 1) / at::get_num_threads();
  at::parallel_for(0, chunks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) work(i * CHUNK, std::min(CHUNK, rows - i * CHUNK));
  });
}

template <int N>
using Constant = std::integral_constant<int, N>;

// [2, channels]: what add(width of the vectors, how many, first row, rows, first channel, where, where) adds up over all rows
template <typename Add>
static at::Tensor two_sums(const Shape& s, Add add) {
  at::Tensor partial = at::zeros({at::get_num_threads(), 2, s.channels}, at::kFloat);
  over_rows(s.rows, [&](int64_t row, int64_t count) {
    float* one = floats(partial) + at::get_thread_num() * 2 * s.channels;
    float* two = one + s.channels;
    int64_t c = 0;
    for (; c + 64 <= s.channels; c += 64) add(Constant<16>(), Constant<4>(), row, count, c, one + c, two + c);
    for (; c + 16 <= s.channels; c += 16) add(Constant<16>(), Constant<1>(), row, count, c, one + c, two + c);
    if (c < s.channels) add(Constant<8>(), Constant<1>(), row, count, c, one + c, two + c);
  });
  return partial.sum(0);
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& mean, const at::Tensor& variance, double eps, bool cap) {
  Shape s = shape_of(x);
  Line line(weight, bias, mean, variance, eps);
  at::Tensor y = at::empty_like(x);
  over_rows(s.rows, [&](int64_t row, int64_t count) {
    auto* work = s.channels % 16 == 0 ? normalize<16> : normalize<8>;
    work(bits(x) + row * s.channels, bits(y) + row * s.channels, count, s.channels, floats(line.slope), floats(line.offset), cap);
  });
  return y;
}

// -> gradients of x, weight and bias
std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                                        const at::Tensor& mean, const at::Tensor& variance, double eps, bool cap) {
  Shape s = shape_of(x);
  shape_of(gradient);
  Line line(weight, bias, mean, variance, eps);
  at::Tensor sums = two_sums(s, [&](auto width, auto many, int64_t row, int64_t count, int64_t c, float* one, float* two) {
    gradient_sums<decltype(width)::value, decltype(many)::value>(bits(x) + row * s.channels + c, bits(gradient) + row * s.channels + c, count,
                                                                s.channels, floats(line.slope) + c, floats(line.offset) + c, cap, one, two);
  });
  at::Tensor to_x = at::empty_like(x);
  over_rows(s.rows, [&](int64_t row, int64_t count) {
    auto* work = s.channels % 16 == 0 ? input_gradient<16> : input_gradient<8>;
    int64_t first = row * s.channels;
    work(bits(x) + first, bits(gradient) + first, bits(to_x) + first, count, s.channels, floats(line.slope), floats(line.offset), cap);
  });
  return {to_x, (sums[1] - mean * sums[0]) * (variance + eps).rsqrt(), sums[0]};
}

TORCH_LIBRARY(norm, m) {
  m.def("forward(Tensor x, Tensor weight, Tensor bias, Tensor mean, Tensor variance, float eps, bool cap) -> Tensor");
  m.def("backward(Tensor gradient, Tensor x, Tensor weight, Tensor bias, Tensor mean, Tensor variance, float eps, bool cap) -> (Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(norm, CPU, m) {
  m.impl("forward", forward);
  m.impl("backward", backward);
}
