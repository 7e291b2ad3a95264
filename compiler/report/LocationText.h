// SPDX-License-Identifier: Apache-2.0
// The user's node in a location.
#ifndef DSC_COMPILER_REPORT_LOCATIONTEXT_H
#define DSC_COMPILER_REPORT_LOCATIONTEXT_H

#include "mlir/IR/Location.h"
#include <string>

namespace dsc {

struct LocationText {
  std::string node; ///< the node's name; "file:line:column" for locations in text
  std::string path; ///< the exporter's module path, as "model.layers.3.self_attn"; may be empty
};

/// The first node in a location; empty strings when it says nothing.
inline LocationText readLocation(mlir::Location location) {
  LocationText text;
  location->walk([&](mlir::Location part) {
    if (auto named = llvm::dyn_cast<mlir::NameLoc>(part)) {
      text.node = named.getName().str();
      if (auto path = llvm::dyn_cast<mlir::NameLoc>(named.getChildLoc()))
        text.path = path.getName().str();
      return mlir::WalkResult::interrupt();
    }
    if (auto line = llvm::dyn_cast<mlir::FileLineColLoc>(part)) {
      text.node = (line.getFilename().getValue() + ":" + llvm::Twine(line.getLine()) + ":" + llvm::Twine(line.getColumn())).str();
      return mlir::WalkResult::interrupt();
    }
    return mlir::WalkResult::advance();
  });
  return text;
}

} // namespace dsc

#endif
