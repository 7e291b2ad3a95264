// SPDX-License-Identifier: Apache-2.0
// The dsc dialect: attention, experts, caches.
#ifndef DSC_DIALECTS_DSC_DSC_H
#define DSC_DIALECTS_DSC_DSC_H

#include "dialects/prim/Prim.h"

#include "dialects/dsc/DscDialect.h.inc"
#include "dialects/dsc/DscInterfaces.h.inc"
#include "dialects/dsc/DscEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/dsc/DscAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/dsc/DscOps.h.inc"

namespace dsc::model {

/// Rows of a split of a past of `length` rows, which depends on their number alone: 16 splits at most, of 256 rows at least and of a
/// multiple of 64. dsc.attention keeps sums of each split and adds them in order, so that it has the bits of its parts combined.
prim::Expr getSplitRows(prim::Expr length);

} // namespace dsc::model

#endif
