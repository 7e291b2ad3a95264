// SPDX-License-Identifier: Apache-2.0
// The kernels of kernels.c for a GPU, a block an item of work; kernels.ptx is what NVRTC makes of them
// (tests/unit/ptxsim/kernels/regenerate tests/unit/runtime).

typedef long long i64;
#define KERNEL extern "C" __global__ void __launch_bounds__(32)
#define ONE_THREAD                                                                                 \
  if (threadIdx.x != 0)                                                                            \
    return;                                                                                        \
  i64 i = blockIdx.x

KERNEL add(float *out, const float *x, const float *y, unsigned *fault) {
  ONE_THREAD;
  out[i] = x[i] + y[i];
}

KERNEL series(float *out, const float *x, i64 terms, unsigned *fault) {
  ONE_THREAD;
  float sum = x[i];
  for (i64 k = 1; k <= terms; ++k)
    sum = __fadd_rn(sum, __fdiv_rn(x[i], (float)(k * (i + 1))));
  out[i] = sum;
}

KERNEL append(float *state, const float *rows, i64 capacity, i64 past, i64 fresh, i64 inner,
              unsigned *fault) {
  i64 o = blockIdx.x;
  for (i64 e = threadIdx.x; e < fresh * inner; e += 32)
    state[(o * capacity + past) * inner + e] = rows[o * fresh * inner + e];
}

KERNEL sum_rows(float *out, const float *state, i64 capacity, i64 rows, i64 inner, unsigned *fault) {
  i64 o = blockIdx.x;
  for (i64 e = threadIdx.x; e < inner; e += 32) {
    float sum = 0;
    for (i64 t = 0; t < rows; ++t)
      sum += state[(o * capacity + t) * inner + e];
    out[o * inner + e] = sum;
  }
}

KERNEL count_positive(i64 *count, const float *x, i64 elements, unsigned *fault) {
  ONE_THREAD;
  i64 found = 0;
  for (i = 0; i < elements; ++i)
    found += x[i] > 0;
  count[0] = found;
}

KERNEL compact(float *out, const float *x, i64 elements, unsigned *fault) {
  ONE_THREAD;
  for (i = 0; i < elements; ++i)
    if (x[i] > 0)
      *out++ = x[i];
}

KERNEL gather(float *out, const float *table, const i64 *index, i64 rows, unsigned *fault) {
  ONE_THREAD;
  i64 k = index[i];
  if (k < 0 || k >= rows) {
    *fault = 1;
    k = 0;
  }
  out[i] = table[k];
}

KERNEL advance(i64 *counter, i64 *out, i64 step, unsigned *fault) {
  ONE_THREAD;
  counter[i] += step;
  out[i] = counter[i];
}

KERNEL accumulate(float *fixed, float *out, const float *x, unsigned *fault) {
  ONE_THREAD;
  out[i] = fixed[i] += x[i];
}

KERNEL sizes2(i64 *out, i64 a, i64 b, unsigned *fault) {
  ONE_THREAD;
  out[i] = a;
  out[i + 1] = b;
}

KERNEL toy_append(i64 *text, const i64 *ids, i64 past, i64 fresh, unsigned *fault) {
  for (i64 t = threadIdx.x; t < fresh; t += 32)
    text[past + t] = ids[t];
}

KERNEL toy_logits(float *logits, const i64 *text, const i64 *positions, i64 past, i64 fresh,
                  i64 vocabulary, unsigned *fault) {
  i64 t = blockIdx.x, sum = 0;
  for (i64 k = 0; k <= past + t; ++k)
    sum += (k + 1) * text[k];
  for (i64 v = threadIdx.x; v < vocabulary; v += 32)
    logits[t * vocabulary + v] = v == (7 * sum + positions[t]) % vocabulary;
}

KERNEL wait_for(i64 *out, const i64 *x, unsigned *fault) {
  ONE_THREAD;
  while (!((volatile const i64 *)x)[i])
    ;
  out[i] = 1;
}

// Reads behind the end of x: for tests of what is said about a kernel that fails.
KERNEL broken(float *out, const float *x, unsigned *fault) {
  ONE_THREAD;
  out[i] = x[i + (1 << 28)];
}
