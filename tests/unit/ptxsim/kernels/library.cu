// SPDX-License-Identifier: Apache-2.0
// Functions of CUDA's own library: long sequences of instructions with a known result.
// out: [function][thread], as f64 (floats) and s64 (integers).
extern "C" __global__ void library(double *out, long long *integers, const float *x, const double *y,
                                   const long long *n) {
  unsigned i = threadIdx.x, threads = blockDim.x;
  float v = x[i];
  unsigned f = 0;
  auto put = [&](double value) { out[f++ * threads + i] = value; };
  put(expf(v));
  put(logf(fabsf(v)));
  put(sinf(v));
  put(cosf(v));
  put(tanf(v));
  put(tanhf(v));
  put(erff(v));
  put(powf(fabsf(v), 1.3f));
  put(atan2f(v, 2.0f));
  put(fmodf(v, 1.5f));
  put(cbrtf(v));
  put(log1pf(fabsf(v)));
  put(rintf(v));
  put(floorf(v));
  put(v / 3.0f);
  put(sqrtf(fabsf(v)));
  double w = y[i];
  put(exp(w));
  put(log(fabs(w)));
  put(sin(w));
  put(pow(fabs(w), 1.3));
  put(w / 3.0);
  put(sqrt(fabs(w)));
  put(erf(w));
  long long a = n[i], b = (long long)i * 77 - 1000;
  f = 0;
  auto set = [&](long long value) { integers[f++ * threads + i] = value; };
  set(a / b);
  set(a % b);
  set((unsigned long long)a / 10);
  set((int)a / (int)(i + 1));
  set((int)a % 7);
  set(__mul64hi(a, b));
  set(__popcll(a));
  set(__clzll(a));
  set(__ffsll(a));
  set(__brevll(a));
  set((long long)v);
  set(llrint(w));
}
