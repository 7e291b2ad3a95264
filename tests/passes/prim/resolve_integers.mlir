// RUN: dsc-opt %s -resolve-integers | FileCheck %s

// A causal mask by two ranges and a comparison is one expression.
// CHECK-LABEL: func.func @causal
// CHECK-NEXT: %[[M:.*]] = prim.index_expr "nonneg(past + d0 - d1)" : tensor<?x?xi1
// CHECK-NEXT: return %[[M]]
func.func @causal() -> tensor<?x?xi1, #prim.shape<"s", "past + s">> {
  %k = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"past + s">>
  %q = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"s">>
  %p = prim.exprs ["past"] : tensor<1xi64>
  %pb = prim.broadcast %p axes [0] : tensor<1xi64> -> tensor<?xi64, #prim.shape<"s">>
  %qp = prim.binary add %q, %pb : tensor<?xi64, #prim.shape<"s">>
  %kb = prim.broadcast %k axes [1] : tensor<?xi64, #prim.shape<"past + s">> -> tensor<?x?xi64, #prim.shape<"s", "past + s">>
  %qb = prim.broadcast %qp axes [0] : tensor<?xi64, #prim.shape<"s">> -> tensor<?x?xi64, #prim.shape<"s", "past + s">>
  %m = prim.compare le %kb, %qb : tensor<?x?xi64, #prim.shape<"s", "past + s">> -> tensor<?x?xi1, #prim.shape<"s", "past + s">>
  return %m : tensor<?x?xi1, #prim.shape<"s", "past + s">>
}

// Packed-sequence detection over plain positions: differences are all one, so that nothing starts a new sequence.
// CHECK-LABEL: func.func @segments
// CHECK-NEXT: %[[Z:.*]] = prim.index_expr 0 : tensor<1x?xi64
// CHECK-NEXT: return %[[Z]]
func.func @segments() -> tensor<1x?xi64, #prim.shape<1, "s">> {
  %pos = prim.index_expr "d1" : tensor<1x?xi64, #prim.shape<1, "s">>
  %before = prim.constant dense<-1> : tensor<1x1xi64>
  %all = prim.concat %before, %pos axis 1 : (tensor<1x1xi64>, tensor<1x?xi64, #prim.shape<1, "s">>) -> tensor<1x?xi64, #prim.shape<1, "s + 1">>
  %a = prim.slice %all starts [0, 1] steps [1, 1] : tensor<1x?xi64, #prim.shape<1, "s + 1">> -> tensor<1x?xi64, #prim.shape<1, "s">>
  %b = prim.slice %all starts [0, 0] steps [1, 1] : tensor<1x?xi64, #prim.shape<1, "s + 1">> -> tensor<1x?xi64, #prim.shape<1, "s">>
  %d = prim.binary sub %a, %b : tensor<1x?xi64, #prim.shape<1, "s">>
  %c1 = prim.constant dense<1> : tensor<i64>
  %one = prim.broadcast %c1 axes [] : tensor<i64> -> tensor<1x?xi64, #prim.shape<1, "s">>
  %eq = prim.compare eq %d, %one : tensor<1x?xi64, #prim.shape<1, "s">> -> tensor<1x?xi1, #prim.shape<1, "s">>
  %ne = prim.unary not %eq : tensor<1x?xi1, #prim.shape<1, "s">> -> tensor<1x?xi1, #prim.shape<1, "s">>
  %i = prim.convert %ne : tensor<1x?xi1, #prim.shape<1, "s">> -> tensor<1x?xi64, #prim.shape<1, "s">>
  %seg = prim.cumsum %i axis 1 : tensor<1x?xi64, #prim.shape<1, "s">>
  return %seg : tensor<1x?xi64, #prim.shape<1, "s">>
}

// What depends on data stays.
// CHECK-LABEL: func.func @data
// CHECK: prim.binary add
func.func @data(%ids: tensor<4xi64>) -> tensor<4xi64> {
  %c = prim.index_expr "d0" : tensor<4xi64>
  %0 = prim.binary add %ids, %c : tensor<4xi64>
  return %0 : tensor<4xi64>
}

// Division by something that may be zero stays.
// CHECK-LABEL: func.func @divide
// CHECK: prim.binary div
func.func @divide() -> tensor<1xi64> {
  %a = prim.exprs ["s0"] : tensor<1xi64>
  %b = prim.exprs ["s1"] : tensor<1xi64>
  %0 = prim.binary div %a, %b : tensor<1xi64>
  return %0 : tensor<1xi64>
}

// Rows of a reshape: i / k of a flattened [t, k].
// CHECK-LABEL: func.func @flattened
// CHECK-NEXT: prim.index_expr "floordiv(d0, 4)" : tensor<?xi64
func.func @flattened() -> tensor<?xi64, #prim.shape<"4*t">> {
  %0 = prim.index_expr "d0" : tensor<?x4xi64, #prim.shape<"t", 4>>
  %1 = prim.reshape %0 : tensor<?x4xi64, #prim.shape<"t", 4>> -> tensor<?xi64, #prim.shape<"4*t">>
  return %1 : tensor<?xi64, #prim.shape<"4*t">>
}

// Floats that hold integers are integers; fractions are not.
// CHECK-LABEL: func.func @floats
// CHECK-NOT: prim.binary sub
// CHECK: %[[B:.*]] = prim.convert %{{.*}} : tensor<1xf32> -> tensor<1xi64>
// CHECK: return %{{.*}}, %[[B]]
func.func @floats() -> (tensor<1xi64>, tensor<1xi64>) {
  %n = prim.exprs ["s0"] : tensor<1xi64>
  %f = prim.convert %n : tensor<1xi64> -> tensor<1xf32>
  %zero = prim.constant dense<0.0> : tensor<1xf32>
  %a = prim.binary sub %f, %zero : tensor<1xf32>
  %half = prim.constant dense<0.5> : tensor<1xf32>
  %b = prim.binary mul %f, %half : tensor<1xf32>
  %ai = prim.convert %a : tensor<1xf32> -> tensor<1xi64>
  %bi = prim.convert %b : tensor<1xf32> -> tensor<1xi64>
  return %ai, %bi : tensor<1xi64>, tensor<1xi64>
}
