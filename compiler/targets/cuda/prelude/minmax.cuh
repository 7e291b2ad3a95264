// SPDX-License-Identifier: Apache-2.0
// Minimum and maximum that are NaN where an operand is; -0 is below +0.
__device__ float minimum(float x, float y) { return x != x || y != y ? x + y : fminf(x, y); }
__device__ float maximum(float x, float y) { return x != x || y != y ? x + y : fmaxf(x, y); }
__device__ double minimum(double x, double y) { return x != x || y != y ? x + y : fmin(x, y); }
__device__ double maximum(double x, double y) { return x != x || y != y ? x + y : fmax(x, y); }
