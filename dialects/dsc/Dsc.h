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

#endif
