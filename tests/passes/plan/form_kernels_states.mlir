// RUN: dsc-opt %s -split-input-file --form-kernels --plan-memory | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A growing state: only the new rows are written, in the state's own buffer; readers take its row distance from the capacity.
// CHECK:       plan.kernel @update_slice_0 sizes ["s0", "s1", "s2"] strides [#prim.shape<"8*s2", 8, 1>, unit, #prim.shape<"8*s2", 8, 1>] aliases [0]
// CHECK:         prim.update_slice %{{.*}} starts [0, "s1", 0]
// CHECK:       plan.kernel @reduce_sum_0 sizes ["s0", "s1", "s2"] strides [#prim.shape<"8*s2", 8, 1>, unit] aliases [-1]
// CHECK-LABEL: func.func @decode
// CHECK-SAME:    plan.capacity = #prim.expr<"capacity">
// CHECK-NEXT:    %[[E:.*]] = plan.extend %arg1 axis 1
// CHECK-NEXT:    %[[C:.*]] = plan.launch @update_slice_0 sizes ["b", "past", "capacity"](%[[E]], %arg0) slots [-1]
// CHECK-NEXT:    %[[Y:.*]] = plan.launch @reduce_sum_0 sizes ["b", "past", "capacity"](%[[C]]) slots [-1]
// CHECK-NEXT:    return %[[Y]], %[[C]]
func.func @decode(%x: tensor<?x1x8xf32, #prim.shape<"b", 1, 8>>, %past: tensor<?x?x8xf32, #prim.shape<"b", "past", 8>> {dsc.state = "c", dsc.state_axis = 1})
    -> (tensor<?x?xf32, #prim.shape<"b", "past + 1">>, tensor<?x?x8xf32, #prim.shape<"b", "past + 1", 8>> {dsc.state = "c", dsc.state_axis = 1}) {
  %c = dsc.cache_append %past, %x axis 1 at "past" : tensor<?x?x8xf32, #prim.shape<"b", "past", 8>>, tensor<?x1x8xf32, #prim.shape<"b", 1, 8>> -> tensor<?x?x8xf32, #prim.shape<"b", "past + 1", 8>>
  %y = prim.reduce sum %c axes [2] : tensor<?x?x8xf32, #prim.shape<"b", "past + 1", 8>> -> tensor<?x?xf32, #prim.shape<"b", "past + 1">>
  return %y, %c : tensor<?x?xf32, #prim.shape<"b", "past + 1">>, tensor<?x?x8xf32, #prim.shape<"b", "past + 1", 8>>
}

// -----

// A state with one outer index is dense for any capacity.
// CHECK:       plan.kernel @update_slice_0 sizes ["s0"] strides [unit, unit, unit] aliases [0]
// CHECK-LABEL: func.func @one_row_block
// CHECK-NOT:   plan.capacity
func.func @one_row_block(%x: tensor<1x8xf32>, %past: tensor<?x8xf32, #prim.shape<"past", 8>> {dsc.state = "c", dsc.state_axis = 0})
    -> (tensor<?x8xf32, #prim.shape<"past + 1", 8>> {dsc.state = "c", dsc.state_axis = 0}) {
  %c = dsc.cache_append %past, %x axis 0 at "past" : tensor<?x8xf32, #prim.shape<"past", 8>>, tensor<1x8xf32> -> tensor<?x8xf32, #prim.shape<"past + 1", 8>>
  return %c : tensor<?x8xf32, #prim.shape<"past + 1", 8>>
}

// -----

// An entry that starts the state: what computes the rows writes them there.
// CHECK:       plan.kernel @update_slice_0 {{.*}} aliases [0]
// CHECK:         prim.unary tanh
// CHECK-NEXT:    prim.update_slice
// CHECK-LABEL: func.func @prefill
// CHECK-NEXT:    %[[S:.*]] = plan.state "c"
// CHECK-NEXT:    %[[C:.*]] = plan.launch @update_slice_0 sizes ["b", "seq", "capacity"](%[[S]], %arg0)
// CHECK-NEXT:    return %[[C]]
func.func @prefill(%x: tensor<?x?x8xf32, #prim.shape<"b", "seq", 8>>) -> (tensor<?x?x8xf32, #prim.shape<"b", "seq", 8>> {dsc.state = "c", dsc.state_axis = 1}) {
  %t = prim.unary tanh %x : tensor<?x?x8xf32, #prim.shape<"b", "seq", 8>> -> tensor<?x?x8xf32, #prim.shape<"b", "seq", 8>>
  return %t : tensor<?x?x8xf32, #prim.shape<"b", "seq", 8>>
}

// -----

// A fixed state and its counter: rows are scattered in place; the counter advances after everything that reads it.
// CHECK:       plan.kernel @scatter_nd_0 {{.*}} aliases [0]
// CHECK:       plan.kernel @add_0 {{.*}} aliases [0]
// CHECK-LABEL: func.func @static
// CHECK:         %[[C:.*]] = plan.launch @scatter_nd_0 sizes [](%arg1, %{{.*}}, %arg0) slots [-1]
// CHECK-NEXT:    %[[N:.*]] = plan.launch @add_0 sizes [](%arg2) slots [-1]
// CHECK-NEXT:    return %[[C]], %[[N]]
func.func @static(%x: tensor<1x8xf32>, %cache: tensor<24x8xf32> {dsc.state = "c"}, %n: tensor<i64> {dsc.state = "n"})
    -> (tensor<24x8xf32> {dsc.state = "c"}, tensor<i64> {dsc.state = "n"}) {
  %one = prim.exprs [1] : tensor<i64>
  %m = prim.binary add %n, %one : tensor<i64>
  %i = prim.reshape %n : tensor<i64> -> tensor<1x1xi64>
  %c = prim.scatter_nd set %cache, %i, %x axes [0] : tensor<24x8xf32>, tensor<1x1xi64>, tensor<1x8xf32>
  return %c, %m : tensor<24x8xf32>, tensor<i64>
}

// -----

// The old contents are still read: the new ones are made beside them and copied at the end.
// CHECK:       plan.kernel @scatter_nd_0 {{.*}} aliases [-1]
// CHECK:       plan.kernel @update_slice_0 {{.*}} aliases [0]
// CHECK-LABEL: func.func @still_read
// CHECK:         plan.launch @scatter_nd_0
// CHECK-NEXT:    plan.launch @reduce_sum_0 sizes [](%arg1)
// CHECK-NEXT:    plan.launch @update_slice_0
func.func @still_read(%x: tensor<1x8xf32>, %cache: tensor<24x8xf32> {dsc.state = "c"}, %i: tensor<1x1xi64>)
    -> (tensor<24x8xf32> {dsc.state = "c"}, tensor<8xf32>) {
  %c = prim.scatter_nd set %cache, %i, %x axes [0] : tensor<24x8xf32>, tensor<1x1xi64>, tensor<1x8xf32>
  %s = prim.reduce sum %cache axes [0] : tensor<24x8xf32> -> tensor<8xf32>
  return %c, %s : tensor<24x8xf32>, tensor<8xf32>
}
