/* SPDX-License-Identifier: Apache-2.0
 *
 * The dsc runtime: opens an engine file, owns sessions and their state, runs entries.
 *
 * C99. Handles are opaque; there is no global state. Every call that can fail returns a dsc_status and,
 * when `error` is not NULL, writes a message that names the thing that is wrong.
 *
 * Threads: an engine may be used by any number of threads and sessions at once. A session serves one
 * thread at a time; a second thread that enters gets DSC_BUSY. Sessions of one runtime share its threads.
 * Results do not depend on the number of threads or on other sessions.
 *
 * Option structs begin with their own size, so that a program built against an older header keeps working:
 *   dsc_session_options o = {sizeof o};
 */
#ifndef DSC_RUNTIME_H
#define DSC_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DSC_API __attribute__((visibility("default")))
#define DSC_MAX_RANK 16

typedef enum dsc_status {
  DSC_OK = 0,
  DSC_INVALID_ARGUMENT = 1,  /* wrong name, shape, type or handle; the caller's mistake */
  DSC_IO = 2,                /* a file cannot be opened or read */
  DSC_CORRUPT = 3,           /* the engine is truncated, changed or inconsistent */
  DSC_UNSUPPORTED = 4,       /* a newer format, another instruction set, a missing device */
  DSC_OUT_OF_MEMORY = 5,
  DSC_CAPACITY_EXCEEDED = 6, /* a state of fixed capacity is full */
  DSC_BUSY = 7,              /* the session is in use by another thread */
  DSC_INDEX_OUT_OF_RANGE = 8, /* a gather or scatter met an index outside its tensor */
  DSC_DEVICE = 9             /* the device failed; its sessions cannot be used any more */
} dsc_status;

typedef enum dsc_dtype {
  DSC_F32 = 0, DSC_F64, DSC_F16, DSC_BF16, DSC_I8, DSC_I16, DSC_I32, DSC_I64,
  DSC_U8, DSC_U16, DSC_U32, DSC_U64, DSC_BOOL,
  /* One byte an element each; those of four and two bits stand in its low bits. */
  DSC_F8E4M3FN, DSC_F8E4M3FNUZ, DSC_F8E5M2, DSC_F8E5M2FNUZ, DSC_F8E8M0, DSC_F4E2M1,
  DSC_I4, DSC_U4, DSC_I2, DSC_U2
} dsc_dtype;

typedef struct dsc_error { char message[1024]; } dsc_error;

typedef struct dsc_runtime dsc_runtime;
typedef struct dsc_engine dsc_engine;
typedef struct dsc_session dsc_session;

/* A dense row-major tensor in host memory. */
typedef struct dsc_tensor {
  dsc_dtype dtype;
  int32_t rank;
  int64_t dims[DSC_MAX_RANK];
  void *data;
} dsc_tensor;

DSC_API const char *dsc_version(void);
DSC_API const char *dsc_status_name(dsc_status status);
DSC_API size_t dsc_dtype_size(dsc_dtype dtype);

/* ---- Runtime: the threads, or the GPU ------------------------------------------------------------ */

typedef struct dsc_runtime_options {
  size_t size;
  int32_t threads; /* including the calling thread; 0: one per core that this process may use */
  const char *device; /* NULL or "cpu"; "cuda" or "cuda:1": an NVIDIA GPU; "ptxsim": its simulator (docs/ptxsim.md) */
  const char *driver; /* path of the driver's library; NULL: libcuda.so.1, for the simulator libptxsim.so beside
                         this library. Opened here, never needed for the CPU */
} dsc_runtime_options;

DSC_API dsc_status dsc_runtime_create(const dsc_runtime_options *options, dsc_runtime **runtime,
                                      dsc_error *error);
DSC_API void dsc_runtime_destroy(dsc_runtime *runtime); /* after its sessions */

/* ---- Engine: a read-only map --------------------------------------------------------------------- */

typedef enum dsc_verify {
  DSC_VERIFY_DEFAULT = 0, /* header, manifest, code; weights too when they are at most 256 MiB */
  DSC_VERIFY_FULL = 1     /* every weight chunk as well */
} dsc_verify;

typedef struct dsc_engine_options {
  size_t size;
  dsc_verify verify_weights;
  const char *isa; /* NULL: the best variant that this processor runs. CUDA engines: the tag of a code section
                      ("sm_90a", "compute_80"), or "cuda" for the sources; NULL: the best for the session's device */
} dsc_engine_options;

DSC_API dsc_status dsc_engine_open(const char *path, const dsc_engine_options *options,
                                   dsc_engine **engine, dsc_error *error);
DSC_API void dsc_engine_close(dsc_engine *engine); /* after its sessions */

/* The manifest's FlatBuffer (runtime/format/engine.fbs), owned by the engine. */
DSC_API const void *dsc_engine_manifest(const dsc_engine *engine, size_t *bytes);
DSC_API const char *dsc_engine_isa(const dsc_engine *engine); /* the variant in use; "cuda" for CUDA engines */

DSC_API size_t dsc_engine_entry_count(const dsc_engine *engine);
DSC_API const char *dsc_engine_entry_name(const dsc_engine *engine, size_t entry);
/* Entry number by name, -1 when there is none. */
DSC_API ptrdiff_t dsc_engine_find_entry(const dsc_engine *engine, const char *name);

/* What an entry takes and gives. dims[i] is -1 where the size is known only at run time. */
typedef struct dsc_value_info {
  const char *name;
  dsc_dtype dtype;
  int32_t rank;
  int64_t dims[DSC_MAX_RANK];
} dsc_value_info;

DSC_API size_t dsc_entry_input_count(const dsc_engine *engine, size_t entry);
DSC_API size_t dsc_entry_output_count(const dsc_engine *engine, size_t entry);
DSC_API dsc_status dsc_entry_input(const dsc_engine *engine, size_t entry, size_t index,
                                   dsc_value_info *info);
DSC_API dsc_status dsc_entry_output(const dsc_engine *engine, size_t entry, size_t index,
                                    dsc_value_info *info);

/* The states that an entry uses: the ONNX input and output that each replaces ("" where there is none). */
typedef struct dsc_state_info {
  const char *name;
  const char *input_name;
  const char *output_name;
  dsc_dtype dtype;
  int32_t rank;
  int32_t axis;   /* the axis that grows; -1: fixed size or counter */
  int32_t starts; /* the entry forgets what was there */
} dsc_state_info;

DSC_API size_t dsc_entry_state_count(const dsc_engine *engine, size_t entry);
DSC_API dsc_status dsc_entry_state(const dsc_engine *engine, size_t entry, size_t index,
                                   dsc_state_info *info);

/* ---- Session: state and memory ------------------------------------------------------------------- */

typedef struct dsc_session_options {
  size_t size;
  int64_t capacity;       /* rows reserved for growing states; 0: 256, grown by doubling between runs */
  int32_t fixed_capacity; /* not 0: never grow, return DSC_CAPACITY_EXCEEDED instead */
} dsc_session_options;

DSC_API dsc_status dsc_session_create(dsc_runtime *runtime, dsc_engine *engine,
                                      const dsc_session_options *options, dsc_session **session,
                                      dsc_error *error);
DSC_API void dsc_session_destroy(dsc_session *session);

/* Runs an entry. `inputs` has one tensor per input of the entry, in its order. `outputs` likewise; an output
 * whose data is NULL is filled in by the runtime with memory that the session owns until its next run, else
 * dtype, rank and dims must be what the run produces (the message says what that is), and its memory must
 * not overlap an input's. Data is aligned to its elements; booleans are 0 or 1.
 * After an error before the first step no state has changed. An error between steps
 * (DSC_INDEX_OUT_OF_RANGE, a computed size that is refused) leaves the length as it was, or 0 when the
 * entry starts the states; the session must then be reset or truncated, or started by such an entry. */
DSC_API dsc_status dsc_session_run(dsc_session *session, size_t entry, const dsc_tensor *inputs,
                                   size_t input_count, dsc_tensor *outputs, size_t output_count,
                                   dsc_error *error);

/* Rows in the growing states; without growing states, what the counters say. */
DSC_API int64_t dsc_session_length(const dsc_session *session);
DSC_API int64_t dsc_session_capacity(const dsc_session *session); /* rows reserved */
DSC_API dsc_status dsc_session_reset(dsc_session *session, dsc_error *error);
/* Keeps the first `length` rows: the way back after speculative tokens. */
DSC_API dsc_status dsc_session_truncate(dsc_session *session, int64_t length, dsc_error *error);
/* A dense copy of a state. With tensor->data == NULL only dtype, rank and dims are filled in. */
DSC_API dsc_status dsc_session_read_state(dsc_session *session, const char *name, dsc_tensor *tensor,
                                          dsc_error *error);

typedef struct dsc_memory_info {
  size_t size;
  uint64_t arena_bytes; /* activations */
  uint64_t state_bytes; /* reserved for states */
  uint64_t growths;     /* times the states or the arena had to grow */
} dsc_memory_info;

DSC_API dsc_status dsc_session_memory(const dsc_session *session, dsc_memory_info *info);

/* Called for every step of a run when set; nanoseconds of the step. On a GPU the times are those of the device's
 * events and the calls come at the end of the run. For `dsc bench`. */
typedef void (*dsc_step_callback)(void *user, size_t entry, size_t step, uint64_t nanoseconds);
DSC_API dsc_status dsc_session_profile(dsc_session *session, dsc_step_callback callback, void *user);

#ifdef __cplusplus
}
#endif
#endif
