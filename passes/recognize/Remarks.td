// SPDX-License-Identifier: Apache-2.0
// What recognition can say of a part that is almost what it looks like. The number is the remark's id in reports and stays as it is once
// released: programs select on it. The text before the dot is the kind of part, the one after it the step of the proof.
#ifndef DSC_PASSES_RECOGNIZE_REMARKS_TD
#define DSC_PASSES_RECOGNIZE_REMARKS_TD

include "mlir/IR/EnumAttr.td"

def Remark : I32EnumAttr<"Remark", "a candidate that was not recognised", [
  I32EnumAttrCase<"LatentKeys", 101, "mla.keys">,
  I32EnumAttrCase<"LatentValues", 102, "mla.values">,
  I32EnumAttrCase<"LatentLayout", 103, "mla.layout">,
  I32EnumAttrCase<"Router", 201, "moe.router">,
  I32EnumAttrCase<"Experts", 202, "moe.experts">,
  I32EnumAttrCase<"MissingExperts", 203, "moe.missing experts">,
  I32EnumAttrCase<"SparseIndexScores", 301, "dsa.index scores">]> {
  let cppNamespace = "::dsc::recognize";
  let genSpecializedAttr = 0;
}

#endif
