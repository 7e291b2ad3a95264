// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/Recognition.h"

using namespace mlir;

namespace dsc::recognize {

void addMiss(func::FuncOp entry, const Miss &miss) {
  Builder b(entry.getContext());
  SmallVector<Attribute> misses;
  if (auto known = entry->getAttrOfType<ArrayAttr>(missesAttr))
    llvm::append_range(misses, known);
  misses.push_back(b.getDictionaryAttr({b.getNamedAttr("kind", b.getStringAttr(miss.kind)), b.getNamedAttr("where", LocationAttr(miss.where)),
                                        b.getNamedAttr("stage", b.getStringAttr(miss.stage)),
                                        b.getNamedAttr("expected", b.getStringAttr(miss.expected)),
                                        b.getNamedAttr("found", b.getStringAttr(miss.found))}));
  entry->setAttr(missesAttr, b.getArrayAttr(misses));
}

} // namespace dsc::recognize
