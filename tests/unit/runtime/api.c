/* SPDX-License-Identifier: Apache-2.0
 *
 * The public header is C99, and a C program uses it. */
#include "dsc/runtime.h"

#include <string.h>

int main(void) {
  dsc_error error;
  dsc_engine *engine = NULL;
  dsc_runtime *runtime = NULL;
  dsc_runtime_options options = {sizeof options, 1, NULL, NULL};
  if (dsc_runtime_create(&options, &runtime, &error) != DSC_OK)
    return 1;
  dsc_runtime_destroy(runtime);
  if (dsc_engine_open("/nonexistent", NULL, &engine, &error) != DSC_IO || engine)
    return 2;
  dsc_engine_close(NULL);
  dsc_session_destroy(NULL);
  dsc_runtime_destroy(NULL);
  return strcmp(dsc_status_name(DSC_BUSY), "busy") != 0 || dsc_dtype_size(DSC_BF16) != 2;
}
