// RUN: dsc-opt %s -split-input-file --recognize-rope --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// x * C + (halves of x swapped) * S, the tables as wide as the rows.
// CHECK-LABEL: func.func @half
// CHECK:       dsc.rope %arg0, %{{.*}}, %{{.*}} half to half : tensor<2x3x8xf32>, tensor<1x3x4xf32>
// CHECK-NEXT:  return
func.func @half(%x: tensor<2x3x8xf32>, %angle: tensor<3x4xf32>) -> tensor<2x3x8xf32> {
  %both = prim.concat %angle, %angle axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %cos = prim.unary cos %both : tensor<3x8xf32> -> tensor<3x8xf32>
  %sin = prim.unary sin %both : tensor<3x8xf32> -> tensor<3x8xf32>
  %c = prim.broadcast %cos axes [1, 2] : tensor<3x8xf32> -> tensor<2x3x8xf32>
  %s = prim.broadcast %sin axes [1, 2] : tensor<3x8xf32> -> tensor<2x3x8xf32>
  %a = prim.slice %x starts [0, 0, 0] steps [1, 1, 1] : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = prim.slice %x starts [0, 0, 4] steps [1, 1, 1] : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = prim.unary neg %b : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  %r = prim.concat %n, %a axis 2 : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x8xf32>
  %0 = prim.binary mul %x, %c : tensor<2x3x8xf32>
  %1 = prim.binary mul %s, %r : tensor<2x3x8xf32>
  %2 = prim.binary add %1, %0 : tensor<2x3x8xf32>
  return %2 : tensor<2x3x8xf32>
}

// -----

// Neighbours as a dimension of two, put back where they were, and the same parts one after another.
// CHECK-LABEL: func.func @interleaved
// CHECK-DAG:   dsc.rope %arg0, %{{.*}}, %{{.*}} interleaved to interleaved : tensor<3x8xf32>, tensor<3x4xf32>
// CHECK-DAG:   dsc.rope %arg0, %{{.*}}, %{{.*}} interleaved to half : tensor<3x8xf32>, tensor<3x4xf32>
func.func @interleaved(%x: tensor<3x8xf32>, %angle: tensor<3x4xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>) {
  %c = prim.unary cos %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %s = prim.unary sin %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %pairs = prim.reshape %x : tensor<3x8xf32> -> tensor<3x4x2xf32>
  %a2 = prim.slice %pairs starts [0, 0, 0] steps [1, 1, 1] : tensor<3x4x2xf32> -> tensor<3x4x1xf32>
  %b2 = prim.slice %pairs starts [0, 0, 1] steps [1, 1, 1] : tensor<3x4x2xf32> -> tensor<3x4x1xf32>
  %a = prim.reshape %a2 : tensor<3x4x1xf32> -> tensor<3x4xf32>
  %b = prim.reshape %b2 : tensor<3x4x1xf32> -> tensor<3x4xf32>
  %ac = prim.binary mul %a, %c : tensor<3x4xf32>
  %bs = prim.binary mul %b, %s : tensor<3x4xf32>
  %bc = prim.binary mul %b, %c : tensor<3x4xf32>
  %as = prim.binary mul %a, %s : tensor<3x4xf32>
  %re = prim.binary sub %ac, %bs : tensor<3x4xf32>
  %im = prim.binary add %as, %bc : tensor<3x4xf32>
  %re2 = prim.reshape %re : tensor<3x4xf32> -> tensor<3x4x1xf32>
  %im2 = prim.reshape %im : tensor<3x4xf32> -> tensor<3x4x1xf32>
  %out2 = prim.concat %re2, %im2 axis 2 : (tensor<3x4x1xf32>, tensor<3x4x1xf32>) -> tensor<3x4x2xf32>
  %out = prim.reshape %out2 : tensor<3x4x2xf32> -> tensor<3x8xf32>
  %split = prim.concat %re, %im axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  return %out, %split : tensor<3x8xf32>, tensor<3x8xf32>
}

// -----

// Heads as a part of one product for all projections, whose width is no multiple of a head's.
// CHECK-LABEL: func.func @fused
// CHECK:       %[[Q:.*]] = prim.slice %arg0 starts [0, 4] steps [1, 1] : tensor<3x28xf32> -> tensor<3x24xf32>
// CHECK:       dsc.rope %{{.*}}, %{{.*}}, %{{.*}} half to half : tensor<3x2x8xf32>, tensor<3x1x4xf32>
func.func @fused(%all: tensor<3x28xf32>, %angle: tensor<3x4xf32>) -> tensor<3x2x8xf32> {
  %cos = prim.unary cos %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %sin = prim.unary sin %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %c = prim.broadcast %cos axes [0, 2] : tensor<3x4xf32> -> tensor<3x2x4xf32>
  %s = prim.broadcast %sin axes [0, 2] : tensor<3x4xf32> -> tensor<3x2x4xf32>
  %q = prim.slice %all starts [0, 4] steps [1, 1] : tensor<3x28xf32> -> tensor<3x24xf32>
  %heads = prim.reshape %q : tensor<3x24xf32> -> tensor<3x2x12xf32>
  %a = prim.slice %heads starts [0, 0, 4] steps [1, 1, 1] : tensor<3x2x12xf32> -> tensor<3x2x4xf32>
  %b = prim.slice %heads starts [0, 0, 8] steps [1, 1, 1] : tensor<3x2x12xf32> -> tensor<3x2x4xf32>
  %ac = prim.binary mul %a, %c : tensor<3x2x4xf32>
  %bs = prim.binary mul %b, %s : tensor<3x2x4xf32>
  %bc = prim.binary mul %b, %c : tensor<3x2x4xf32>
  %as = prim.binary mul %a, %s : tensor<3x2x4xf32>
  %first = prim.binary sub %ac, %bs : tensor<3x2x4xf32>
  %second = prim.binary add %bc, %as : tensor<3x2x4xf32>
  %y = prim.concat %first, %second axis 2 : (tensor<3x2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x8xf32>
  return %y : tensor<3x2x8xf32>
}

// -----

// Near misses: a reflection instead of a rotation; sines of other angles than the first sum's; pairs across a shifted half; a rotation by what is
// computed from data.
// CHECK-LABEL: func.func @misses
// CHECK-NOT:   dsc.rope
func.func @misses(%x: tensor<3x8xf32>, %angle: tensor<3x4xf32>, %other: tensor<3x4xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) {
  %c = prim.unary cos %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %s = prim.unary sin %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %t = prim.unary sin %other : tensor<3x4xf32> -> tensor<3x4xf32>
  %a = prim.slice %x starts [0, 0] steps [1, 1] : tensor<3x8xf32> -> tensor<3x4xf32>
  %b = prim.slice %x starts [0, 4] steps [1, 1] : tensor<3x8xf32> -> tensor<3x4xf32>
  %d = prim.slice %x starts [0, 3] steps [1, 1] : tensor<3x8xf32> -> tensor<3x4xf32>
  %ac = prim.binary mul %a, %c : tensor<3x4xf32>
  %bs = prim.binary mul %b, %s : tensor<3x4xf32>
  %bc = prim.binary mul %b, %c : tensor<3x4xf32>
  %as = prim.binary mul %a, %s : tensor<3x4xf32>
  %at = prim.binary mul %a, %t : tensor<3x4xf32>
  %dc = prim.binary mul %d, %c : tensor<3x4xf32>
  %ds = prim.binary mul %d, %s : tensor<3x4xf32>
  %first = prim.binary sub %ac, %bs : tensor<3x4xf32>
  %0 = prim.binary sub %bc, %as : tensor<3x4xf32>
  %reflection = prim.concat %first, %0 axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %1 = prim.binary add %bc, %at : tensor<3x4xf32>
  %angles = prim.concat %first, %1 axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %2 = prim.binary sub %ac, %ds : tensor<3x4xf32>
  %3 = prim.binary add %dc, %as : tensor<3x4xf32>
  %shifted = prim.concat %2, %3 axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %e = prim.unary tanh %other : tensor<3x4xf32> -> tensor<3x4xf32>
  %f = prim.unary tanh %angle : tensor<3x4xf32> -> tensor<3x4xf32>
  %g = prim.unary tanh %a : tensor<3x4xf32> -> tensor<3x4xf32>
  %h = prim.unary tanh %b : tensor<3x4xf32> -> tensor<3x4xf32>
  %ge = prim.binary mul %g, %e : tensor<3x4xf32>
  %hf = prim.binary mul %h, %f : tensor<3x4xf32>
  %he = prim.binary mul %h, %e : tensor<3x4xf32>
  %gf = prim.binary mul %g, %f : tensor<3x4xf32>
  %4 = prim.binary sub %ge, %hf : tensor<3x4xf32>
  %5 = prim.binary add %he, %gf : tensor<3x4xf32>
  %data = prim.concat %4, %5 axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  return %reflection, %angles, %shifted, %data : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>
}
