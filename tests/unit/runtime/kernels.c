/* SPDX-License-Identifier: Apache-2.0
 *
 * The code section of hand-made engines: freestanding, like what the compiler writes. */
#include <stdint.h>

typedef void *const *buffers_t;
#define KERNEL(name)                                                                               \
  __attribute__((visibility("default"))) void name(buffers_t b, const int64_t *n, int64_t begin,   \
                                                   int64_t end, uint32_t *fault)

/* out = x + y, one item an element */
KERNEL(add) {
  float *out = b[0];
  const float *x = b[1], *y = b[2];
  for (int64_t i = begin; i < end; ++i)
    out[i] = x[i] + y[i];
}

/* out[i] = a sum whose bits depend on its order; n = {terms} */
KERNEL(series) {
  float *out = b[0];
  const float *x = b[1];
  for (int64_t i = begin; i < end; ++i) {
    float sum = x[i];
    for (int64_t k = 1; k <= n[0]; ++k)
      sum += x[i] / (float)(k * (i + 1));
    out[i] = sum;
  }
}

/* state[o, past + t, :] = rows[o, t, :]; n = {capacity, past, new, inner}, one item an o */
KERNEL(append) {
  float *state = b[0];
  const float *rows = b[1];
  for (int64_t o = begin; o < end; ++o)
    for (int64_t t = 0; t < n[2]; ++t)
      for (int64_t i = 0; i < n[3]; ++i)
        state[(o * n[0] + n[1] + t) * n[3] + i] = rows[(o * n[2] + t) * n[3] + i];
}

/* out[o, :] = sum over t < rows of state[o, t, :]; n = {capacity, rows, inner} */
KERNEL(sum_rows) {
  float *out = b[0];
  const float *state = b[1];
  for (int64_t o = begin; o < end; ++o)
    for (int64_t i = 0; i < n[2]; ++i) {
      float sum = 0;
      for (int64_t t = 0; t < n[1]; ++t)
        sum += state[(o * n[0] + t) * n[2] + i];
      out[o * n[2] + i] = sum;
    }
}

/* count[0] = positive elements of x; n = {elements} */
KERNEL(count_positive) {
  int64_t *count = b[0];
  const float *x = b[1];
  int64_t found = 0;
  for (int64_t i = 0; i < n[0]; ++i)
    found += x[i] > 0;
  count[0] = found;
}

/* out = the positive elements of x in order; n = {elements} */
KERNEL(compact) {
  float *out = b[0];
  const float *x = b[1];
  for (int64_t i = 0; i < n[0]; ++i)
    if (x[i] > 0)
      *out++ = x[i];
}

/* out[i] = table[index[i]]; n = {rows of the table} */
KERNEL(gather) {
  float *out = b[0];
  const float *table = b[1];
  const int64_t *index = b[2];
  for (int64_t i = begin; i < end; ++i) {
    int64_t k = index[i];
    if (k < 0 || k >= n[0]) {
      *fault = 1;
      k = 0;
    }
    out[i] = table[k];
  }
}

/* counter[0] += n[0]; out[0] = counter[0] */
KERNEL(advance) {
  int64_t *counter = b[0], *out = b[1];
  counter[0] += n[0];
  out[0] = counter[0];
}

/* fixed[i] += x[i]; out[i] = fixed[i] */
KERNEL(accumulate) {
  float *fixed = b[0], *out = b[1];
  const float *x = b[2];
  for (int64_t i = begin; i < end; ++i)
    out[i] = fixed[i] += x[i];
}

/* out[0] = n[0], out[1] = n[1] */
KERNEL(sizes2) {
  int64_t *out = b[0];
  out[0] = n[0];
  out[1] = n[1];
}

/* text[past + t] = ids[t]; n = {past, new} */
KERNEL(toy_append) {
  int64_t *text = b[0];
  const int64_t *ids = b[1];
  for (int64_t t = 0; t < n[1]; ++t)
    text[n[0] + t] = ids[t];
}

/* A model without weights: after the tokens text[0..p] the logit 1 belongs to token
 * (7 * sum over i <= p of (i + 1) * text[i] + position) mod vocabulary, all others are 0.
 * n = {past, new, vocabulary}, one item a new token */
KERNEL(toy_logits) {
  float *logits = b[0];
  const int64_t *text = b[1], *positions = b[2];
  for (int64_t t = begin; t < end; ++t) {
    int64_t sum = 0;
    for (int64_t i = 0; i <= n[0] + t; ++i)
      sum += (i + 1) * text[i];
    for (int64_t v = 0; v < n[2]; ++v)
      logits[t * n[2] + v] = v == (7 * sum + positions[t]) % n[2];
  }
}

/* Waits until x[0] is not 0. */
KERNEL(wait_for) {
  volatile const int64_t *x = b[1];
  int64_t *out = b[0];
  while (!x[0])
    ;
  out[0] = 1;
}
