// SPDX-License-Identifier: Apache-2.0
// The .npy format (numpy.lib.format, versions 1 to 3) over bytes in memory.
#ifndef DSC_TOOLS_DSC_NPYFORMAT_H
#define DSC_TOOLS_DSC_NPYFORMAT_H

#include "tools/dsc/Npz.h"

namespace dsc {

/// Decodes one array. The header's shape must account for exactly the bytes that follow it.
std::optional<NpyArray> decodeNpy(std::span<const char> file, std::string &error);

/// The header (magic, version, dictionary, padding to 64 bytes) that goes before the array's bytes.
std::string encodeNpyHeader(const NpyArray &array);

} // namespace dsc

#endif
