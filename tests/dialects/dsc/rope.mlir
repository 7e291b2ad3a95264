// RUN: dsc-opt %s | dsc-opt | FileCheck %s
// RUN: dsc-opt %s --decompose --canonicalize | FileCheck %s --check-prefix=PRIM
// RUN: dsc-opt %s --decompose --canonicalize --recognize-rope --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// What a rotation decomposes to is recognised as that rotation again.
!rows = tensor<1x4x?x8xf32, #prim.shape<1, 4, "s", 8>>
!table = tensor<1x1x?x4xf32, #prim.shape<1, 1, "s", 4>>
// CHECK-LABEL: func.func @pairings
// CHECK-DAG:   dsc.rope %arg0, %{{.*}}, %{{.*}} half to half
// CHECK-DAG:   dsc.rope %arg0, %{{.*}}, %{{.*}} interleaved to half
// CHECK-DAG:   dsc.rope %arg0, %{{.*}}, %{{.*}} interleaved to interleaved
// PRIM-LABEL:  func.func @pairings
// PRIM:        prim.slice %arg0 starts [0, 0, 0, 0] steps [1, 1, 1, 1]
// PRIM:        prim.slice %arg0 starts [0, 0, 0, 4] steps [1, 1, 1, 1]
// PRIM:        prim.binary sub
// PRIM:        prim.binary add
// PRIM:        prim.concat %{{.*}}, %{{.*}} axis 3
// PRIM:        prim.slice %arg0 starts [0, 0, 0, 1] steps [1, 1, 1, 2]
func.func @pairings(%x: !rows, %angle: !table) -> (!rows, !rows, !rows) {
  %c = prim.unary cos %angle : !table -> !table
  %s = prim.unary sin %angle : !table -> !table
  %0 = dsc.rope %x, %c, %s half to half : !rows, !table
  %1 = dsc.rope %x, %c, %s interleaved to half : !rows, !table
  %2 = dsc.rope %x, %c, %s interleaved to interleaved : !rows, !table
  return %0, %1, %2 : !rows, !rows, !rows
}
