// RUN: dsc-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0, %arg0
func.func @identities(%a: tensor<2x?xf32, #prim.shape<2, "n">>) -> (tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>,
    tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>) {
  %0 = prim.broadcast %a axes [0, 1] : tensor<2x?xf32, #prim.shape<2, "n">> -> tensor<2x?xf32, #prim.shape<2, "n">>
  %1 = prim.reshape %a : tensor<2x?xf32, #prim.shape<2, "n">> -> tensor<2x?xf32, #prim.shape<2, "n">>
  %2 = prim.transpose %a perm [0, 1] : tensor<2x?xf32, #prim.shape<2, "n">> -> tensor<2x?xf32, #prim.shape<2, "n">>
  %3 = prim.slice %a starts [0, 0] steps [1, 1] : tensor<2x?xf32, #prim.shape<2, "n">> -> tensor<2x?xf32, #prim.shape<2, "n">>
  %4 = prim.concat %a axis 0 : (tensor<2x?xf32, #prim.shape<2, "n">>) -> tensor<2x?xf32, #prim.shape<2, "n">>
  return %0, %1, %2, %3, %4 : tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>,
    tensor<2x?xf32, #prim.shape<2, "n">>, tensor<2x?xf32, #prim.shape<2, "n">>
}

// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT: %[[R:.*]] = prim.reshape %arg0 : tensor<2x4xf32> -> tensor<4x2xf32>
// CHECK-NEXT: return %[[R]]
func.func @reshapes(%a: tensor<2x4xf32>) -> tensor<4x2xf32> {
  %0 = prim.reshape %a : tensor<2x4xf32> -> tensor<8xf32>
  %1 = prim.reshape %0 : tensor<8xf32> -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// A reversal is no identity.
// CHECK-LABEL: func.func @reversed
// CHECK: prim.slice
func.func @reversed(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = prim.slice %a starts [3] steps [-1] : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
