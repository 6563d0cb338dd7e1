// Backward passes of a depthwise convolution in bfloat16, channels last, channels a multiple of 16, kernels of 3 or 5.
#include <ATen/Parallel.h>
#include <torch/extension.h>

#include <vector>

#include "bfloat16.h"

typedef float F16 __attribute__((vector_size(64)));
static inline F16 load(const uint16_t* from) { return Vector16::load(from); }

struct Shape {
  int64_t n, channels, in_h, in_w, out_h, out_w, stride;
};

static Shape shape_of(const at::Tensor& x, const at::Tensor& grad, int64_t kernel, int64_t stride) {
  TORCH_CHECK(x.size(1) % 16 == 0 && (kernel == 3 || kernel == 5), "depthwise: channels by 16 and kernels of 3 or 5 only");
  return {x.size(0), x.size(1), x.size(2), x.size(3), grad.size(2), grad.size(3), stride};
}

// into[k*k][channels] += the sum over one image. Each row of the input is widened to float32 once, between zeros
template <int K>
static void weight_gradient(const Shape& s, const uint16_t* x, const uint16_t* grad, float* into) {
  constexpr int P = K / 2;
  int64_t width = s.in_w + 2 * P;
  std::vector<F16> rows(K * width, F16{});
  for (int64_t c = 0; c < s.channels; c += 16) {
    F16 sum[K * K] = {};
    int64_t widened = -P;  // the next row of the input to be widened
    for (int64_t oy = 0; oy < s.out_h; oy++) {
      int64_t top = oy * s.stride - P;
      for (; widened < top + K; widened++) {
        F16* row = &rows[(widened + P) % K * width + P];
        const uint16_t* from = x + widened * s.in_w * s.channels + c;
        for (int64_t ix = 0; ix < s.in_w; ix++) row[ix] = widened < 0 || widened >= s.in_h ? F16{} : load(from + ix * s.channels);
      }
      const F16* at[K];
      for (int ky = 0; ky < K; ky++) at[ky] = &rows[(top + ky + P) % K * width];
      for (int64_t ox = 0; ox < s.out_w; ox++) {
        F16 g = load(grad + (oy * s.out_w + ox) * s.channels + c);
#pragma GCC unroll 8
        for (int ky = 0; ky < K; ky++)
#pragma GCC unroll 8
          for (int kx = 0; kx < K; kx++) sum[ky * K + kx] += g * at[ky][ox * s.stride + kx];
      }
    }
    for (int k = 0; k < K * K; k++) *(F16*)(into + k * s.channels + c) += sum[k];
  }
}

template <int K>
static void input_gradient(const Shape& s, const uint16_t* grad, const float* weight, uint16_t* out) {
  constexpr int P = K / 2;
  for (int64_t iy = 0; iy < s.in_h; iy++)
    for (int64_t ix = 0; ix < s.in_w; ix++) {
      int taps = 0;
      const uint16_t* from[K * K];
      const float* by[K * K];
      for (int64_t ky = (iy + P) % s.stride; ky < K; ky += s.stride)
        for (int64_t kx = (ix + P) % s.stride; kx < K; kx += s.stride) {
          int64_t y = iy + P - ky, x = ix + P - kx;
          if (y < 0 || x < 0 || y >= s.out_h * s.stride || x >= s.out_w * s.stride) continue;
          from[taps] = grad + (y / s.stride * s.out_w + x / s.stride) * s.channels;
          by[taps++] = weight + (ky * K + kx) * s.channels;
        }
      uint16_t* pixel = out + (iy * s.in_w + ix) * s.channels;
      for (int64_t c = 0; c < s.channels; c += 16) {
        F16 sum = {};
        for (int t = 0; t < taps; t++) sum += load(from[t] + c) * *(const F16*)(by[t] + c);
        Vector16::store(pixel + c, sum);
      }
    }
}

static const uint16_t* bits(const at::Tensor& t) { return (const uint16_t*)t.data_ptr(); }

at::Tensor weight_backward(const at::Tensor& grad, const at::Tensor& x, int64_t kernel, int64_t stride) {
  Shape s = shape_of(x, grad, kernel, stride);
  at::Tensor sums = at::zeros({at::get_num_threads(), kernel * kernel, s.channels}, at::kFloat);
  at::parallel_for(0, s.n, (s.n + at::get_num_threads() - 1) / at::get_num_threads(), [&](int64_t begin, int64_t end) {
    float* into = sums.data_ptr<float>() + at::get_thread_num() * kernel * kernel * s.channels;
    for (int64_t i = begin; i < end; i++) {
      const uint16_t* xi = bits(x) + i * s.in_h * s.in_w * s.channels;
      const uint16_t* gi = bits(grad) + i * s.out_h * s.out_w * s.channels;
      kernel == 3 ? weight_gradient<3>(s, xi, gi, into) : weight_gradient<5>(s, xi, gi, into);
    }
  });
  return sums.sum(0).t().contiguous().view({s.channels, 1, kernel, kernel});
}

at::Tensor input_backward(const at::Tensor& grad, const at::Tensor& weight, const at::Tensor& x, int64_t stride) {
  int64_t kernel = weight.size(3);
  Shape s = shape_of(x, grad, kernel, stride);
  at::Tensor taps = weight.to(at::kFloat).reshape({s.channels, kernel * kernel}).t().contiguous();
  at::Tensor out = at::empty_like(x);
  at::parallel_for(0, s.n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const uint16_t* gi = bits(grad) + i * s.out_h * s.out_w * s.channels;
      uint16_t* oi = (uint16_t*)out.data_ptr() + i * s.in_h * s.in_w * s.channels;
      kernel == 3 ? input_gradient<3>(s, gi, taps.data_ptr<float>(), oi) : input_gradient<5>(s, gi, taps.data_ptr<float>(), oi);
    }
  });
  return out;
}

TORCH_LIBRARY(depthwise, m) {
  m.def("weight_backward(Tensor grad, Tensor x, int kernel, int stride) -> Tensor");
  m.def("input_backward(Tensor grad, Tensor weight, Tensor x, int stride) -> Tensor");
}

TORCH_LIBRARY_IMPL(depthwise, CPU, m) {
  m.impl("weight_backward", weight_backward);
  m.impl("input_backward", input_backward);
}
