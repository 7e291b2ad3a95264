// RUN: dsc-opt %s -split-input-file --join-projections | FileCheck %s
// RUN: dsc-opt %s -split-input-file --join-projections=panels | FileCheck %s --check-prefix=PANELS
// SPDX-License-Identifier: Apache-2.0

// A norm and a slice read the rows where they stand.
// CHECK-LABEL: func.func @down_projections
// CHECK-DAG:     %[[W:.*]] = prim.constant #dsc.joined<[#onnx.external<"w", 0, 6144, "a"> : tensor<64x24xf32>, #onnx.external<"w", 6144, 10240, "b"> : tensor<64x40xf32>] axis 1> : tensor<64x64xf32>
// CHECK:         %[[ALL:.*]] = prim.dot %arg0, %[[W]] batch [] x [] contract [2] x [0] : {{.*}} -> tensor<2x3x64xf32>
// CHECK:         %[[Q:.*]] = prim.slice %[[ALL]] starts [0, 0, 0] steps [1, 1, 1] : tensor<2x3x64xf32> -> tensor<2x3x24xf32>
// CHECK-NEXT:    dsc.rms_norm %[[Q]]
// CHECK-NEXT:    prim.slice %[[ALL]] starts [0, 0, 28] steps [1, 1, 2] : tensor<2x3x64xf32> -> tensor<2x3x16xf32>
// CHECK-NEXT:    return
// PANELS-LABEL: func.func @down_projections
// PANELS:         -> tensor<2x3x64xf32>
func.func @down_projections(%x: tensor<2x3x64xf32>, %g: tensor<24xf32>) -> (tensor<2x3x24xf32>, tensor<2x3x16xf32>) {
  %wq = prim.constant #onnx.external<"w", 0, 6144, "a"> : tensor<64x24xf32>
  %wc = prim.constant #onnx.external<"w", 6144, 10240, "b"> : tensor<64x40xf32>
  %q = prim.dot %x, %wq batch [] x [] contract [2] x [0] : tensor<2x3x64xf32>, tensor<64x24xf32> -> tensor<2x3x24xf32>
  %n = dsc.rms_norm %q weight(%g) {epsilon = 1.0e-6 : f64} : (tensor<2x3x24xf32>, tensor<24xf32>) -> tensor<2x3x24xf32>
  %c = prim.dot %x, %wc batch [] x [] contract [2] x [0] : tensor<2x3x64xf32>, tensor<64x40xf32> -> tensor<2x3x40xf32>
  %l = prim.slice %c starts [0, 0, 4] steps [1, 1, 2] : tensor<2x3x40xf32> -> tensor<2x3x16xf32>
  return %n, %l : tensor<2x3x24xf32>, tensor<2x3x16xf32>
}

// -----

// Weights as [columns, depth], one of them through transposes; heads are split off, biases added by the consumers.
// CHECK-LABEL: func.func @heads
// CHECK:         prim.constant #dsc.joined<[dense<1.000000e+00> : tensor<32x16xf32>, dense<2.000000e+00> : tensor<16x16xf32>, dense<3.000000e+00> : tensor<16x16xf32>] axis 0> : tensor<64x16xf32>
// CHECK:         prim.dot {{.*}} contract [1] x [1] : tensor<3x16xf32>, tensor<64x16xf32> -> tensor<3x64xf32>
// CHECK-NOT:     prim.dot
func.func @heads(%x: tensor<3x16xf32>, %b: tensor<16xf32>) -> (tensor<2x3x16xf32>, tensor<3x1x16xf32>, tensor<1x3x16xf32>) {
  %wq = prim.constant dense<1.0> : tensor<32x16xf32>
  %wk = prim.constant dense<2.0> : tensor<16x16xf32>
  %wv = prim.constant dense<3.0> : tensor<16x16xf32>
  %t = prim.transpose %wk perm [1, 0] : tensor<16x16xf32> -> tensor<16x16xf32>
  %q = prim.dot %x, %wq batch [] x [] contract [1] x [1] : tensor<3x16xf32>, tensor<32x16xf32> -> tensor<3x32xf32>
  %k = prim.dot %x, %t batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %v = prim.dot %x, %wv batch [] x [] contract [1] x [1] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %qh = prim.reshape %q : tensor<3x32xf32> -> tensor<3x2x16xf32>
  %qt = prim.transpose %qh perm [1, 0, 2] : tensor<3x2x16xf32> -> tensor<2x3x16xf32>
  %bias = prim.broadcast %b axes [1] : tensor<16xf32> -> tensor<3x16xf32>
  %kb = prim.binary add %k, %bias : tensor<3x16xf32>
  %kh = prim.reshape %kb : tensor<3x16xf32> -> tensor<3x1x16xf32>
  %vh = prim.reshape %v : tensor<3x16xf32> -> tensor<3x1x16xf32>
  %vt = prim.transpose %vh perm [1, 0, 2] : tensor<3x1x16xf32> -> tensor<1x3x16xf32>
  return %qt, %kh, %vt : tensor<2x3x16xf32>, tensor<3x1x16xf32>, tensor<1x3x16xf32>
}

// -----

// Gate and up meet element by element: their two contractions are one kernel already. The third has no other to be joined with.
// CHECK-LABEL: func.func @gate_and_up
// CHECK-COUNT-3: prim.dot
func.func @gate_and_up(%x: tensor<3x16xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %wg = prim.constant dense<1.0> : tensor<16x16xf32>
  %wu = prim.constant dense<2.0> : tensor<16x16xf32>
  %ws = prim.constant dense<3.0> : tensor<16x16xf32>
  %g = prim.dot %x, %wg batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %u = prim.dot %x, %wu batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %s = prim.dot %x, %ws batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %a = prim.unary exp %g : tensor<3x16xf32> -> tensor<3x16xf32>
  %h = prim.binary mul %a, %u : tensor<3x16xf32>
  %e = prim.unary exp %s : tensor<3x16xf32> -> tensor<3x16xf32>
  return %h, %e : tensor<3x16xf32>, tensor<3x16xf32>
}

// -----

// The rows of an output and of another contraction's operand would have to be copied out of wider ones.
// CHECK-LABEL: func.func @rows_of_their_own
// CHECK-COUNT-4: prim.dot
func.func @rows_of_their_own(%x: tensor<3x16xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x16xf32>) {
  %wa = prim.constant dense<1.0> : tensor<16x16xf32>
  %wb = prim.constant dense<2.0> : tensor<16x16xf32>
  %wc = prim.constant dense<3.0> : tensor<16x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %b = prim.dot %x, %wb batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %c = prim.dot %x, %wc batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %d = prim.dot %b, %b batch [] x [] contract [0] x [0] : tensor<3x16xf32>, tensor<3x16xf32> -> tensor<16x16xf32>
  %e = prim.unary exp %c : tensor<3x16xf32> -> tensor<3x16xf32>
  %f = prim.slice %d starts [0, 0] steps [1, 1] : tensor<16x16xf32> -> tensor<3x16xf32>
  return %a, %e, %f : tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x16xf32>
}

// -----

// Another input; other dimensions; columns of 8 bytes; no constant.
// CHECK-LABEL: func.func @unlike
// CHECK-COUNT-5: prim.dot
func.func @unlike(%x: tensor<3x16xf32>, %y: tensor<3x16xf32>, %w: tensor<16x16xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x2xf32>, tensor<3x16xf32>) {
  %wa = prim.constant dense<1.0> : tensor<16x16xf32>
  %wb = prim.constant dense<2.0> : tensor<16x16xf32>
  %wc = prim.constant dense<3.0> : tensor<16x16xf32>
  %wd = prim.constant dense<4.0> : tensor<16x2xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %b = prim.dot %y, %wb batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %c = prim.dot %x, %wc batch [] x [] contract [1] x [1] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %d = prim.dot %x, %wd batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x2xf32> -> tensor<3x2xf32>
  %e = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %0 = prim.unary exp %a : tensor<3x16xf32> -> tensor<3x16xf32>
  %1 = prim.unary exp %b : tensor<3x16xf32> -> tensor<3x16xf32>
  %2 = prim.unary exp %c : tensor<3x16xf32> -> tensor<3x16xf32>
  %3 = prim.unary exp %d : tensor<3x2xf32> -> tensor<3x2xf32>
  %4 = prim.unary exp %e : tensor<3x16xf32> -> tensor<3x16xf32>
  return %0, %1, %2, %3, %4 : tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x16xf32>, tensor<3x2xf32>, tensor<3x16xf32>
}

// -----

// Two entries of one model, whose files name the weights differently: joined alike, they are one constant in the engine.
// CHECK-LABEL: func.func @prefill
// CHECK:         #dsc.joined<[#onnx.external<"p", 0, 1024, "a"> : tensor<16x16xf32>, #onnx.external<"p", 1024, 1024, "b"> : tensor<16x16xf32>] axis 1>
// CHECK-LABEL: func.func @decode
// CHECK:         #dsc.joined<[#onnx.external<"d", 1024, 1024, "a"> : tensor<16x16xf32>, #onnx.external<"d", 0, 1024, "b"> : tensor<16x16xf32>] axis 1>
func.func @prefill(%x: tensor<3x16xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %wa = prim.constant #onnx.external<"p", 0, 1024, "a"> : tensor<16x16xf32>
  %wb = prim.constant #onnx.external<"p", 1024, 1024, "b"> : tensor<16x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %b = prim.dot %x, %wb batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %0 = prim.unary exp %a : tensor<3x16xf32> -> tensor<3x16xf32>
  %1 = prim.unary exp %b : tensor<3x16xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}
func.func @decode(%x: tensor<1x16xf32>) -> (tensor<1x16xf32>, tensor<1x16xf32>) {
  %wa = prim.constant #onnx.external<"d", 1024, 1024, "a"> : tensor<16x16xf32>
  %wb = prim.constant #onnx.external<"d", 0, 1024, "b"> : tensor<16x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<1x16xf32>, tensor<16x16xf32> -> tensor<1x16xf32>
  %b = prim.dot %x, %wb batch [] x [] contract [1] x [0] : tensor<1x16xf32>, tensor<16x16xf32> -> tensor<1x16xf32>
  %0 = prim.unary exp %a : tensor<1x16xf32> -> tensor<1x16xf32>
  %1 = prim.unary exp %b : tensor<1x16xf32> -> tensor<1x16xf32>
  return %0, %1 : tensor<1x16xf32>, tensor<1x16xf32>
}

// -----

// The other entry uses one of the weights by itself: the engine would have it twice.
// CHECK-LABEL: func.func @both
// CHECK-COUNT-2: prim.dot
// CHECK-LABEL: func.func @one
// CHECK:         prim.dot
func.func @both(%x: tensor<3x16xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %wa = prim.constant #onnx.external<"p", 0, 1024, "a"> : tensor<16x16xf32>
  %wb = prim.constant #onnx.external<"p", 1024, 1024, "b"> : tensor<16x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %b = prim.dot %x, %wb batch [] x [] contract [1] x [0] : tensor<3x16xf32>, tensor<16x16xf32> -> tensor<3x16xf32>
  %0 = prim.unary exp %a : tensor<3x16xf32> -> tensor<3x16xf32>
  %1 = prim.unary exp %b : tensor<3x16xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}
func.func @one(%x: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %wa = prim.constant #onnx.external<"d", 0, 1024, "a"> : tensor<16x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<1x16xf32>, tensor<16x16xf32> -> tensor<1x16xf32>
  %0 = prim.unary exp %a : tensor<1x16xf32> -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}

// -----

// 64 and 16 columns fill panels, 80 do not: too much padding for the one launch, where the weight is deep.
// CHECK-LABEL: func.func @padding
// CHECK:         tensor<3x80xf32>
// PANELS-LABEL: func.func @padding
// PANELS-NOT:     tensor<3x80xf32>
func.func @padding(%x: tensor<3x4096xf32>) -> (tensor<3x64xf32>, tensor<3x16xf32>) {
  %wa = prim.constant dense<1.0> : tensor<4096x64xf32>
  %wb = prim.constant dense<2.0> : tensor<4096x16xf32>
  %a = prim.dot %x, %wa batch [] x [] contract [1] x [0] : tensor<3x4096xf32>, tensor<4096x64xf32> -> tensor<3x64xf32>
  %b = prim.dot %x, %wb batch [] x [] contract [1] x [0] : tensor<3x4096xf32>, tensor<4096x16xf32> -> tensor<3x16xf32>
  %0 = prim.unary exp %a : tensor<3x64xf32> -> tensor<3x64xf32>
  %1 = prim.unary exp %b : tensor<3x16xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x64xf32>, tensor<3x16xf32>
}
