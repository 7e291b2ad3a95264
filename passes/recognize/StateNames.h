// SPDX-License-Identifier: Apache-2.0
// Names of caches as exporters write them.
#ifndef DSC_PASSES_RECOGNIZE_STATENAMES_H
#define DSC_PASSES_RECOGNIZE_STATENAMES_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace dsc {

/// One name for both ends of a cache, and whether the name by itself says that it is one end of a pair:
///   input.X, output.X              -> X
///   past_key_values.3.key, present.3.key, present_key_values.3.key -> past_key_values.3.key
///   past_latent, present_latent, past.latent   -> latent
/// Any other name stands for itself. Names only propose a pair; the graph must prove it.
std::string normalizeStateName(llvm::StringRef name);

} // namespace dsc

#endif
