// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_OPS_TD
#define DSC_DSC_OPS_TD

include "dialects/dsc/AttentionOps.td"
include "dialects/dsc/CacheOps.td"
include "dialects/dsc/ExpertOps.td"
include "dialects/dsc/FormOps.td"
include "dialects/dsc/NormOps.td"
include "dialects/dsc/RopeOps.td"

#endif
