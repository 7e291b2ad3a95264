/* SPDX-License-Identifier: Apache-2.0 */
/* What libptxsim.so offers beside the CUDA driver's entry points. Strings stay valid until the
 * same function is called again by the same thread. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/** The last report of a failed launch or load of this process; "" when there was none. */
const char *ptxsim_last_report(void);

/** Forgets a failed launch, so that the context can be used again (a real one cannot). */
void ptxsim_clear_error(void);

/** Sets an option (docs/ptxsim.md): 0, or 1 when name or value are unknown. `memory` counts for
 * contexts made afterwards. */
int ptxsim_set_option(const char *name, const char *value);

/** Counters by kernel as a JSON object; of all kernels for a null pointer. */
const char *ptxsim_counters(const char *kernel);

/** The faults that option `mutate` can put into this PTX text, a line each: number, kernel, PTX line,
 * kind, change, instruction; separated by tabs. */
const char *ptxsim_mutations(const char *ptx);

/** Lines of the PTX that loaded kernels of this name have executed, ascending, separated by blanks. */
const char *ptxsim_reached(const char *kernel);

/** Sets all counters to zero. */
void ptxsim_reset_counters(void);

#ifdef __cplusplus
}
#endif
